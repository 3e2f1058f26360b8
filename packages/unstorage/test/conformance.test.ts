// What every adapter must do, on the bare driver: unstorage itself rewrites keys (`a/b` is `a:b`) and refuses some.
import { conformance } from '@mapstone/conformance';
import { test } from 'vitest';
import mapstone from '../src/index.js';

conformance({
  test,
  missing: null,
  open(path, options) {
    const driver = mapstone({ path, ...options });
    return {
      get: (key) => driver.getItemRaw!(key, {}),
      set: (key, value, ttl) => driver.setItemRaw!(key, value, { ttl: ttl && ttl / 1000 }),
      delete: (key) => driver.removeItem!(key, {}),
      has: (key) => driver.hasItem(key, {}),
      keys: () => driver.getKeys('', {}),
      clear: () => driver.clear!('', {}),
      close: () => driver.dispose!(),
    };
  },
});
