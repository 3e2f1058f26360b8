// What every adapter must do, on the bare driver under a prefix as bentocache gives it one.
import { conformance } from '@mapstone/conformance';
import { test } from 'vitest';
import { MapstoneDriver } from '../src/index.js';

conformance({
  test,
  values: 'string',
  without: ['has', 'keys'],
  open(path, options) {
    const driver = new MapstoneDriver({ path, prefix: 'bentocache', ...options });
    return {
      get: (key) => driver.get(key),
      set: (key, value, ttl) => driver.set(key, value, ttl),
      delete: (key) => driver.delete(key),
      clear: () => driver.clear(),
      close: () => driver.disconnect(),
    };
  },
});
