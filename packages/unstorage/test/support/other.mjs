import mapstone from '@mapstone/unstorage';
import { createStorage } from 'unstorage';
import { serve } from '../../../../test/support/other-process.mjs';

const storage = createStorage({ driver: mapstone({ path: process.argv[2] }) });

serve({
  get: (key) => storage.getItem(key),
  set: (key, value, options) => storage.setItem(key, value, options),
  remove: (key) => storage.removeItem(key),
  keys: () => storage.getKeys(),
  async fill(prefix, count) {
    for (let i = 0; i < count; i++) await storage.setItem(`${prefix}:${i}`, { prefix, i });
  },
});
