// What every adapter must do, with a path of one origin for a key and a body for a value. `full` has the engine's `maxSize`, which is not this one's: bounds.test.ts.
import { conformance } from '@mapstone/conformance';
import { test } from 'vitest';
import { MapstoneCacheStore } from '../src/index.js';
import { bodyOf, keyOf, put } from './support/responses.js';

conformance(
  {
    test,
    values: 'bytes',
    without: ['has', 'keys', 'clear'],
    closed: 'misses',
    // A stream that is ended with nothing, or with a function, has an empty body.
    readsAs: () => Buffer.alloc(0),
    open(path, options) {
      const store = new MapstoneCacheStore({ path, maxEntrySize: Infinity, errorCallback() {}, ...options });
      return {
        get: (key) => bodyOf(store.get(keyOf(key))),
        set: (key, value, ttl = Number.POSITIVE_INFINITY) => put(store, keyOf(key), value, { deleteAt: Date.now() + ttl }),
        delete: (key) => store.delete(keyOf(key)),
        close: () => store.close(),
      };
    },
  },
  ['works', 'closed', 'reopened', 'expired', 'concurrent', 'hostile'],
);
