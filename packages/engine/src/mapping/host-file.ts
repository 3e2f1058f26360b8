// An open file of the machine: what mmap-io and koffi share. How pages get into memory is the pager's, everything else is here.

import { closeSync, constants, fstatSync, fsync, fsyncSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { StoreError } from '../errors.js';
import { byDescriptor, createFile, present } from './create-file.js';
import { FileLock } from './file-lock.js';
import { freeSpace, refuseRemote } from './file-system.js';
import { identityOf, placeOf } from './identity.js';
import { libc } from './libc.js';
import type { Identity, MappedFile, Mapping, Region } from './mapping.js';
import { fromNode, io } from './system-error.js';
import { writeZeros } from './zeros.js';

/** Pages in memory: `bytes` begins at `address`, on a page boundary. */
export interface Pages {
  readonly bytes: Buffer;
  readonly address: bigint;
}

/** Puts pages of a file into memory. `offset` is a multiple of the page size. Throws StoreErrors. */
export interface Pager {
  readonly kind: 'mmap-io' | 'koffi';
  map(fd: number, offset: number, length: number, writable: boolean, path: string): Pages;
  unmap(pages: Pages, path: string): void;
  /** Blocks until `[from, to)` of the pages is on the disk; `from` is a multiple of the page size. */
  sync(pages: Pages, from: number, to: number, path: string): void;
}

/** A mapping over files of the machine. */
export function hostMapping(pager: Pager): Mapping {
  return {
    kind: pager.kind,
    exists: present,
    fileId(path) {
      const found = io(path, () => statSync(path, { bigint: true, throwIfNoEntry: false }));
      return found && idOf(found);
    },
    open: (path, { readOnly }) => new HostFile(pager, path, readOnly),
    create: createFile,
  };
}

function idOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** Visits under way at once, of all files of this thread: koffi bounds what a loop that never lets the event loop turn may begin (256 calls), and syncs need some. */
const MAX_VISITS = 96;
let visits = 0;

/** A region's pages, and how many asynchronous calls still need them. */
interface Mapped {
  readonly pages: Pages;
  /** Where the region begins in its pages: 0 unless the machine's pages are larger than 4 KiB. */
  readonly start: number;
  needed: number;
  ended: boolean;
}

class HostFile implements MappedFile {
  readonly kind: Pager['kind'];
  readonly path: string;
  readonly readOnly: boolean;
  readonly #pager: Pager;
  readonly #fd: number;
  readonly #lock: FileLock;
  readonly #regions = new Map<Region, Mapped>();
  #identity: Identity | undefined;
  #closed = false;
  /** Asynchronous calls under way that need the descriptor. */
  #using = 0;

  constructor(pager: Pager, path: string, readOnly: boolean) {
    this.kind = pager.kind;
    this.path = resolve(path);
    this.readOnly = readOnly;
    this.#pager = pager;
    [this.#fd, this.#lock] = openTwice(this.path, readOnly);
  }

  fileId(): string {
    return this.#io(() => idOf(fstatSync(this.#fd, { bigint: true })));
  }

  size(): number {
    return this.#io(() => fstatSync(this.#fd).size);
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size() - offset))); // no larger than what can be there
    return this.#io(() => {
      let done = 0;
      while (done < bytes.length) {
        const count = readSync(this.#fd, bytes, done, bytes.length - done, offset + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    });
  }

  allocate(from: number, to: number): void {
    const before = this.size();
    try {
      writeZeros(this.#fd, from, to);
    } catch (error) {
      throw this.#shortened(before, error);
    }
  }

  freeSpace(): number {
    // By descriptor where it has a name: the path may have been renamed since.
    return this.#io(() => freeSpace(byDescriptor(this.#fd) ?? this.path));
  }

  map(offset: number, length: number): Region {
    this.#mustBeOpen();
    const start = offset % libc().pageSize;
    const pages = this.#pager.map(this.#fd, offset - start, length + start, !this.readOnly, this.path);
    const { buffer, byteOffset } = pages.bytes;
    const at = byteOffset + start;
    const region: Region = {
      offset,
      length,
      bytes: pages.bytes.subarray(start),
      words: new Int32Array(buffer, at, length >> 2),
      doubles: new Float64Array(buffer, at, length >> 3),
    };
    this.#regions.set(region, { pages, start, needed: 0, ended: false });
    return region;
  }

  unmap(region: Region): void {
    const mapped = this.#regions.get(region);
    if (mapped === undefined) return;
    this.#regions.delete(region);
    mapped.ended = true;
    if (mapped.needed === 0) this.#pager.unmap(mapped.pages, this.path); // else the last call does it: the address must stay ours until then
  }

  sync(region: Region, from: number, to: number): void {
    const range = this.#pageRange(region, from, to);
    if (range === undefined) return;
    this.#pager.sync(range.mapped.pages, range.from, range.to, this.path);
    if (process.platform === 'darwin') this.#io(() => fsyncSync(this.#fd)); // msync there leaves the bytes in the drive's cache
  }

  async syncAsync(region: Region, from: number, to: number): Promise<void> {
    const range = this.#pageRange(region, from, to);
    if (range === undefined) return;
    await this.#keeping(range.mapped, async ({ address }) => {
      // Through koffi also for mmap-io's pages: its own sync blocks.
      await libc().msyncAsync(address + BigInt(range.from), range.to - range.from, this.path);
      if (process.platform === 'darwin') await fsyncAsync(this.#fd, this.path);
    });
  }

  async prefault(region: Region, from: number, to: number): Promise<void> {
    const range = this.#regions.has(region) ? this.#pageRange(region, from, to) : undefined;
    if (range === undefined || process.platform !== 'linux') return;
    const { mapped } = range;
    const address = mapped.pages.address + BigInt(range.from);
    const length = range.to - range.from;
    // This much in one call costs less than the page faults one by one. Where it fails nobody looks either: at a page that can't be had that would be a SIGBUS.
    if (!libc().populate(address, length) || visits === MAX_VISITS) return;
    visits++;
    // In a virtual machine whose page tables its host shadows, the first access to each page costs 10 us beside the fault: so another thread makes it.
    await this.#keeping(mapped, () => libc().visit(address, length)).catch(() => undefined);
    visits--;
  }

  tryLock(start: number, length: number, mode: 'shared' | 'exclusive'): boolean {
    this.#mustBeOpen();
    return this.#lock.tryLock(start, length, mode);
  }

  unlock(start: number, length: number): void {
    this.#mustBeOpen();
    this.#lock.unlock(start, length);
  }

  isLocked(start: number, length: number): boolean {
    this.#mustBeOpen();
    return this.#lock.isLocked(start, length);
  }

  identity(): Identity {
    this.#mustBeOpen();
    return (this.#identity ??= identityOf(this.#fd, this.path));
  }

  place(): string {
    this.#mustBeOpen();
    return placeOf(this.#fd, this.path);
  }

  /** The descriptor lives until the asynchronous calls under way have ended. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const region of [...this.#regions.keys()]) this.unmap(region);
    this.#lock.close();
    if (this.#using === 0) io(this.path, () => closeSync(this.#fd));
  }

  /** Runs an asynchronous call that needs the pages, which stay mapped, and the descriptor open, until it has ended. */
  async #keeping(mapped: Mapped, call: (pages: Pages) => Promise<void>): Promise<void> {
    mapped.needed++;
    this.#using++;
    try {
      await call(mapped.pages);
    } finally {
      // `mapped` is used here, so the Buffer, and with it the address, outlives the call.
      mapped.needed--;
      if (mapped.ended && mapped.needed === 0) this.#pager.unmap(mapped.pages, this.path);
      this.#release();
    }
  }

  #release(): void {
    this.#using--;
    if (this.#closed && this.#using === 0) io(this.path, () => closeSync(this.#fd));
  }

  /** After a failed allocation: the file as long as it was. Nobody has mapped what lay past that, for it was never announced. */
  #shortened(before: number, error: unknown): unknown {
    try {
      if (fstatSync(this.#fd).size > before) ftruncateSync(this.#fd, before);
    } catch {
      // The first error says more.
    }
    return fromNode(error, this.path);
  }

  #pageRange(region: Region, from: number, to: number): { mapped: Mapped; from: number; to: number } | undefined {
    this.#mustBeOpen();
    const mapped = this.#regions.get(region);
    if (mapped === undefined) throw new StoreError('ERR_STORE_CLOSED', `${this.path}: the region at ${region.offset} is not mapped`, { path: this.path });
    if (from >= to) return undefined;
    const first = mapped.start + from;
    return { mapped, from: first - (first % libc().pageSize), to: mapped.start + to }; // the kernel rounds the end itself
  }

  #io<T>(call: () => T): T {
    this.#mustBeOpen();
    return io(this.path, call);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', `${this.path} is closed`, { path: this.path });
  }
}

/** The descriptor to map and the one to lock, sure to be the same file: `path` may be given to another file between the two opens. */
function openTwice(path: string, readOnly: boolean): [fd: number, lock: FileLock] {
  // Node adds O_CLOEXEC itself. O_NONBLOCK: opening a FIFO must not hang; it means nothing to a regular file.
  const flags = (readOnly ? constants.O_RDONLY : constants.O_RDWR) | constants.O_NONBLOCK;
  for (let attempt = 0; attempt < 10; attempt++) {
    const fd = io(path, () => openSync(path, flags));
    let lock: FileLock | undefined;
    try {
      const first = fstatSync(fd, { bigint: true });
      if (!first.isFile()) throw new StoreError('ERR_STORE_NOT_A_STORE', `${path} is not a regular file: name a file`, { path });
      refuseRemote(byDescriptor(fd) ?? path, path); // of what was opened, not of what the path leads to by now
      lock = new FileLock(path, flags);
      const second = fstatSync(lock.fd, { bigint: true });
      if (first.dev === second.dev && first.ino === second.ino) return [fd, lock];
    } catch (error) {
      closeSync(fd);
      lock?.close();
      throw fromNode(error, path);
    }
    closeSync(fd);
    lock.close();
  }
  throw new StoreError('ERR_STORE_BUSY', `${path} is being replaced again and again: open it when that has ended`, { path });
}

function fsyncAsync(fd: number, path: string): Promise<void> {
  return new Promise((done, failed) => fsync(fd, (error) => (error ? failed(fromNode(error, path)) : done())));
}
