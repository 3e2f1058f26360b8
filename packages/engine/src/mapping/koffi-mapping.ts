// Maps files with mmap(2) called through koffi. Needs no compiler; `unmap` really ends the mapping at once.

import type { Pager } from './host-file.js';
import { hostMapping } from './host-file.js';
import { libc } from './libc.js';
import type { Mapping } from './mapping.js';
import { uncountedAddresses } from './uncounted.js';

/** Throws `ERR_PLATFORM_UNSUPPORTED` where koffi doesn't load. */
export function koffiMapping(): Mapping {
  const calls = libc();
  const pager: Pager = {
    kind: 'koffi',
    map(fd, offset, length, writable, path) {
      const place = uncountedAddresses(length);
      if (place === undefined) {
        const address = calls.mmap(fd, offset, length, writable, path);
        return { address, bytes: Buffer.from(calls.view(address, length)) };
      }
      const bytes = Buffer.from(place, 0, length);
      return { address: calls.mmap(fd, offset, length, writable, path, calls.addressOf(bytes)), bytes };
    },
    unmap({ address, bytes }, path) {
      if (bytes.buffer instanceof SharedArrayBuffer) calls.vacate(address, bytes.length, path);
      else calls.munmap(address, bytes.length, path);
    },
    sync: ({ address }, from, to, path) => calls.msync(address + BigInt(from), to - from, path),
  };
  return hostMapping(pager);
}
