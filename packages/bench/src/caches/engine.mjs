// The engine as a cache: everything it holds, keys, headers, index and what it knows of evicted keys, is in a file of at most `capacity` bytes.
import { join } from 'node:path';
import { openStore } from '@mapstone/engine';

/** Segments of a small cache: below 16 MB the default, 64 KiB, would be too few of them. */
const SEGMENTS = 128;
const LEAST_SHIFT = 12;
const DEFAULT_SHIFT = 16;

function segmentSize(capacity) {
  const shift = Math.max(LEAST_SHIFT, Math.round(Math.log2(capacity / SEGMENTS)));
  return shift < DEFAULT_SHIFT ? { segmentSize: 2 ** shift } : {};
}

let files = 0;

export function open({ dir, capacity, sweepMs }) {
  const store = openStore(join(dir, `${files++}.mapstone`), {
    eviction: 's3-fifo',
    maxSize: capacity,
    ...(sweepMs && { sweepInterval: sweepMs }),
    ...segmentSize(capacity),
  });
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl === undefined ? undefined : { ttl }),
    held() {
      const { entries, liveBytes, deadBytes, segments, segmentSize: each, fileSize } = store.stats();
      return { entries, live: liveBytes, used: liveBytes + deadBytes, log: (segments.log + segments.chain) * each, file: fileSize };
    },
    close: () => store.close(),
    about: { mapping: store.stats().mapping },
  };
}
