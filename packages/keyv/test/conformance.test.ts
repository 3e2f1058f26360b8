// What every adapter must do, through both majors of Keyv: with its serializer, and with values handed to the engine as they are.

import { conformance } from '@mapstone/conformance';
import { Keyv as Keyv6 } from 'keyv6';
import { describe, test } from 'vitest';
import { createKeyv } from '../src/index.js';
import { keyvSettings } from '../src/settings.js';
import { type AnyKeyv, keyvOn, majors } from './support/majors.js';

const asAdapter = (keyv: AnyKeyv) => ({
  get: (key: string) => keyv.get(key),
  async set(key: string, value: unknown, ttl?: number) {
    // Keyv itself refuses a symbol with a string or a plain Error, and under 6 an empty key with `false`.
    const done = await keyv.set(key, value, ttl).catch((error: any) => Promise.reject(error.code ? error : new TypeError('Keyv refused it', { cause: error })));
    if (!done) throw new TypeError('Keyv said false');
  },
  delete: (key: string) => keyv.delete(key),
  has: (key: string) => keyv.has(key),
  clear: () => keyv.clear(),
  close: () => keyv.disconnect(),
  async *keys() {
    for await (const [key] of keyv.iterator()) yield key;
  },
});

for (const major of majors) {
  describe(`keyv ${major.major}, serializer on`, () => {
    // Keyv 6 carries a bigint; everything else is as JSON makes it.
    const readsAs = (value: unknown) => (typeof value === 'bigint' && major.major === 6 ? value : JSON.parse(JSON.stringify({ value })).value);
    conformance({ test, open: (path, options) => asAdapter(keyvOn(path, major, {}, options)), values: 'json', readsAs, largeValue: 2 ** 23 });
  });
}

describe('createKeyv, keyv 5', () => {
  const module = new URL('./adapters/keyv.mjs', import.meta.url); // runs the build, as `npm test` makes one
  conformance({ test, open: (path, options) => asAdapter(createKeyv({ path, ...options }, { throwOnErrors: true })), module });
});

describe('createKeyv, keyv 6', () => {
  conformance({ test, open: (path, options) => asAdapter(new Keyv6(keyvSettings({ path, ...options }, { throwOnErrors: true }))) });
});
