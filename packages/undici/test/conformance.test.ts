// What every adapter must do, with a path of one origin for a key and a body for a value. `full` has the engine's `maxSize`, which is not this one's: bounds.test.ts.
import { type ConformanceOptions, conformance } from '@mapstone/conformance';
import { describe, test } from 'vitest';
import { MapstoneCacheStore } from '../src/index.js';
import { keyOf, put } from './support/responses.js';

const options = (memorySize: number, without: ConformanceOptions['without'] = []): ConformanceOptions => ({
  test,
  values: 'bytes',
  without: ['has', 'keys', 'clear', ...without],
  closed: 'misses',
  // A stream that is ended with nothing, or with a function, has an empty body.
  readsAs: () => Buffer.alloc(0),
  open(path, engine) {
    const store = new MapstoneCacheStore({ path, memorySize, maxEntrySize: Infinity, errorCallback() {}, ...engine });
    return {
      // The chunk itself, if there is one: not joined, which would be a copy.
      get(key) {
        const found = store.get(keyOf(key));
        return found && ((found.body as Buffer[])[0] ?? Buffer.alloc(0));
      },
      set: (key, value, ttl = Number.POSITIVE_INFINITY) => put(store, keyOf(key), value, { deleteAt: Date.now() + ttl }),
      delete: (key) => store.delete(keyOf(key)),
      close: () => store.close(),
    };
  },
});

conformance(options(2 ** 24, ['copies']), ['works', 'closed', 'reopened', 'expired', 'concurrent', 'hostile']);

describe('with nothing kept in memory', () => {
  conformance(options(0), ['works']);
});
