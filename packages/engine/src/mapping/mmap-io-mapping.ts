// Maps files with the native addon mmap-io. It has no unmap: a mapping ends when the garbage collector finds its Buffer.
// Locks and asynchronous syncs are koffi's here too, so without koffi there is no mmap-io.

import { createRequire } from 'node:module';
import { StoreError } from '../errors.js';
import type { Pager } from './host-file.js';
import { hostMapping } from './host-file.js';
import { libc } from './libc.js';
import type { Mapping } from './mapping.js';
import { systemError } from './system-error.js';
import { uncountedAddresses } from './uncounted.js';

interface MmapIo {
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly MAP_SHARED: number;
  /** `over`, of the patch: the Buffer to map over, which it returns. As published it knows none, and returns one of its own. */
  map(size: number, protection: number, flags: number, fd: number, offset: number, advice?: number, over?: Buffer): Buffer;
  sync(buffer: Buffer, offset: number, length: number, blocking: boolean): void;
}

/** The first offset that a 32-bit mmap-io (as published) can't take. */
const WIDE = 2 ** 31;

/** Throws `ERR_PLATFORM_UNSUPPORTED` where mmap-io or koffi doesn't load; `cause` says why. */
export function mmapIoMapping(): Mapping {
  const calls = libc();
  const addon = load();
  const protection = (writable: boolean) => (writable ? addon.PROT_READ | addon.PROT_WRITE : addon.PROT_READ);
  let wide: boolean | undefined;
  const pager: Pager = {
    kind: 'mmap-io',
    map(fd, offset, length, writable, path) {
      if (offset >= WIDE && !(wide ??= isWide(addon, fd))) {
        const message = `${path}: this build of mmap-io is 32-bit and would map the wrong bytes past 2 GiB: build it with the patch, or use mapping: 'koffi'`;
        throw new StoreError('ERR_PLATFORM_UNSUPPORTED', message, { path });
      }
      const place = uncountedAddresses(length);
      const over = place && Buffer.from(place, 0, length);
      const bytes = wrapped('mmap', path, () => addon.map(length, protection(writable), addon.MAP_SHARED, fd, offset, 0, over));
      if (bytes.length !== length) throw new StoreError('ERR_STORE_IO', `mmap ${path}: ${bytes.length} bytes instead of ${length}`, { path, syscall: 'mmap' });
      return { bytes, address: calls.addressOf(bytes) };
    },
    unmap() {}, // the engine drops its views; the collector does the rest
    sync: ({ bytes }, from, to, path) => wrapped('msync', path, () => addon.sync(bytes, from, to - from, true)),
  };
  return hostMapping(pager);
}

function load(): MmapIo {
  try {
    return createRequire(import.meta.url)('mmap-io');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new StoreError('ERR_PLATFORM_UNSUPPORTED', `mmap-io does not load here (${why}): use mapping: 'koffi'`, { cause });
  }
}

/** One page at 2^31: in 32 bits a negative offset, which the kernel refuses (2^32 would silently become 0). A mapping may lie past the file's end. */
function isWide(addon: MmapIo, fd: number): boolean {
  try {
    addon.map(4096, addon.PROT_READ, addon.MAP_SHARED, fd, WIDE);
    return true;
  } catch {
    return false;
  }
}

/** The addon throws strings like `mmap failed, 12`; the number is the errno. */
function wrapped<T>(syscall: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const errno = /, (\d+)$/.exec((cause as Error).message)?.[1];
    throw errno === undefined ? cause : systemError(syscall, Number(errno), path, cause);
  }
}
