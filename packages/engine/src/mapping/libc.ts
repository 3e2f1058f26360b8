// The system calls Node lacks, through koffi: mmap, munmap, msync (also off the event loop), madvise, fcntl, and what macOS needs besides.
// Loaded by a call, whose error can be kept, because importing this package must not throw on any platform.
// Symbols come from the process itself, not from a library's name: Alpine has musl, macOS has libSystem.

import { createRequire } from 'node:module';
import { constants, endianness } from 'node:os';
import { StoreError } from '../errors.js';
import { systemError } from './system-error.js';

const MAP_FAILED = 2n ** 64n - 1n;
const PROT_NONE = 0;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
/** MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS of Linux. */
const MAP_NOTHING = 0x32;
const MADV_POPULATE_WRITE = 23;
/** Searched for something long that is not there, memory is looked at every so many bytes, whatever is stored to it meanwhile. */
const NOWHERE = Buffer.alloc(128, 0xa5);
const MS_SYNC = process.platform === 'darwin' ? 0x10 : 4;
// off_t, struct flock and the views below are written for 64-bit machines, and the file's words are little-endian.
const SUPPORTED_ARCH = ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'];

/** Addresses are bigints. `path` only names the file in an error. */
export interface Libc {
  readonly pageSize: number;
  /** `over`: the address to map at, in place of what is mapped there. */
  mmap(fd: number, offset: number, length: number, writable: boolean, path: string, over?: bigint): bigint;
  /** Puts nothing in the place of what is mapped there: its pages are gone, the addresses stay taken. */
  vacate(address: bigint, length: number, path: string): void;
  munmap(address: bigint, length: number, path: string): void;
  msync(address: bigint, length: number, path: string): void;
  /** The caller keeps the mapping alive until the promise settles. */
  msyncAsync(address: bigint, length: number, path: string): Promise<void>;
  /** Linux 5.14: puts pages in place as a store to each would, without a store; whether all of them are. */
  populate(address: bigint, length: number): boolean;
  /** Looks at every page, off the event loop. The caller keeps the mapping alive until the promise settles. */
  visit(address: bigint, length: number): Promise<void>;
  /** `advice` is the platform's number. */
  madvise(address: bigint, length: number, advice: number, path: string): void;
  /** fcntl with a pointer; false where another open file holds a conflicting lock. */
  setLock(fd: number, command: number, flock: Buffer, path: string): boolean;
  view(address: bigint, length: number): ArrayBuffer;
  addressOf(bytes: Buffer): bigint;
  /** macOS: a string of the kernel, `undefined` if there is none. */
  sysctl(name: string): string | undefined;
  /** macOS: the name of the file system and whether it is local. */
  fileSystem(path: string): { name: string; local: boolean };
}

let loaded: Libc | undefined;
let failure: StoreError | undefined;

/** The one Libc of this thread. Throws `ERR_PLATFORM_UNSUPPORTED` where it can't be had. */
export function libc(): Libc {
  if (loaded !== undefined) return loaded;
  if (failure !== undefined) throw failure;
  const unsupported = whyUnsupported();
  if (unsupported !== undefined) throw (failure = new StoreError('ERR_PLATFORM_UNSUPPORTED', unsupported));
  try {
    return (loaded = bind());
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw (failure = new StoreError('ERR_PLATFORM_UNSUPPORTED', `koffi does not load here (${why}): install it with its optional dependencies`, { cause }));
  }
}

function whyUnsupported(): string | undefined {
  if (endianness() !== 'LE') return `a big-endian machine (${process.arch}) can't map a file whose numbers are little-endian`;
  const known = ['linux', 'darwin'].includes(process.platform) && SUPPORTED_ARCH.includes(process.arch);
  return known ? undefined : `files are mapped on 64-bit Linux and macOS only, not on ${process.platform} ${process.arch}`;
}

function bind(): Libc {
  const koffi: typeof import('koffi')['default'] = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = library.func('int munmap(void *, size_t)');
  const msync = library.func('int msync(void *, size_t, int)');
  const madvise = library.func('int madvise(void *, size_t, int)');
  const memmem = library.func('void *memmem(void *, size_t, void *, size_t)');
  // Variadic as in C: Apple's arm64 passes such arguments on the stack, so a plain three-argument declaration would lock at random there.
  const fcntl = library.func('int fcntl(int, int, ...)');
  const pageSize: number = library.func('int getpagesize()')();
  const check = (syscall: string, result: number, path: string) => {
    if (result !== 0) throw systemError(syscall, koffi.errno(), path);
  };
  const mapped = (at: bigint | null, length: number, protection: number, flags: number, fd: number, offset: number, path: string) => {
    const address: bigint | null = mmap(at, length, protection, flags, fd, offset);
    if (address === null || address === MAP_FAILED) throw systemError('mmap', koffi.errno(), path);
    return address;
  };
  return {
    pageSize,
    mmap: (fd, offset, length, writable, path, over) =>
      mapped(over ?? null, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, over === undefined ? MAP_SHARED : MAP_SHARED | MAP_FIXED, fd, offset, path),
    vacate: (address, length, path) => void mapped(address, length, PROT_NONE, MAP_NOTHING, -1, 0, path),
    munmap: (address, length, path) => check('munmap', munmap(address, length), path),
    msync: (address, length, path) => check('msync', msync(address, length, MS_SYNC), path),
    msyncAsync: (address, length, path) =>
      new Promise((resolve, reject) => {
        // koffi carries the errno of the other thread to this callback.
        const done = (error: unknown, result: number) => {
          if (error) reject(error);
          else if (result !== 0) reject(systemError('msync', koffi.errno(), path));
          else resolve();
        };
        try {
          msync.async(address, length, MS_SYNC, done);
        } catch {
          // More calls are under way than koffi takes (256): in the foreground then, for a flush that could not begin would be taken for a disk that failed.
          done(undefined, msync(address, length, MS_SYNC));
        }
      }),
    populate: (address, length) => madvise(address, length, MADV_POPULATE_WRITE) === 0,
    visit: (address, length) => new Promise((resolve) => memmem.async(address, length, NOWHERE, NOWHERE.length, () => resolve())),
    madvise: (address, length, advice, path) => check('madvise', madvise(address, length, advice), path),
    setLock(fd, command, flock, path) {
      if (fcntl(fd, command, 'void *', flock) !== -1) return true;
      const errno = koffi.errno();
      if (errno === constants.errno.EAGAIN || errno === constants.errno.EACCES) return false;
      throw systemError('fcntl', errno, path);
    },
    view: (address, length) => koffi.view(address, length),
    addressOf: (bytes) => koffi.address(bytes),
    sysctl(name) {
      const value = Buffer.alloc(256);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(value.length));
      const sysctlbyname = library.func('int sysctlbyname(const char *, void *, void *, void *, size_t)');
      return sysctlbyname(name, value, length, null, 0) === 0 ? value.toString('latin1', 0, value.indexOf(0)) : undefined;
    },
    fileSystem(path) {
      // struct statfs with 64-bit inodes: f_flags at 64, f_fstypename at 72, 2,168 bytes in all; MNT_LOCAL is 0x1000.
      const statfs = library.func(`statfs${process.arch === 'x64' ? '$INODE64' : ''}`, 'int', ['const char *', 'void *']);
      const buffer = Buffer.alloc(4096);
      check('statfs', statfs(path, buffer), path);
      return { name: buffer.toString('latin1', 72, buffer.indexOf(0, 72)), local: (buffer.readUInt32LE(64) & 0x1000) !== 0 };
    },
  };
}
