// What every adapter must do, with a field of a session for a value, through the callbacks.
import { conformance } from '@mapstone/conformance';
import { test } from 'vitest';
import { MapstoneStore } from '../src/index.js';
import { promised } from './support/promised.js';

conformance({
  test,
  values: 'json',
  // As in express-session's own store: text, so what JSON makes of a value. `undefined` and functions are fields that are not there.
  readsAs: (value) => JSON.parse(JSON.stringify({ value })).value,
  without: ['has'],
  open(path, options) {
    const store = promised(new MapstoneStore({ path, ...options }));
    return {
      get: async (sid) => (await store.get(sid))?.value,
      set: (sid, value, ttl) => store.set(sid, { value, cookie: { originalMaxAge: ttl ?? null, expires: new Date(ttl ? Date.now() + ttl : 8.64e15) } }),
      delete: (sid) => store.destroy(sid),
      keys: async () => Object.keys(await store.all()),
      clear: () => store.clear(),
      close: () => store.store.close(),
    };
  },
});
