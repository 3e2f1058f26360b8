import { MapstoneDriver } from '@mapstone/bentocache';
import { serve } from '../../../../test/support/other-process.mjs';

const driver = new MapstoneDriver({ path: process.argv[2], prefix: 'app' });

serve({
  get: (key) => driver.get(key),
  set: (key, value, ttl) => driver.set(key, value, ttl),
  clear: () => driver.clear(),
  /** Adds words to a text, one by one. */
  append(key, count) {
    for (let i = 0; i < count; i++) driver.engine.update(`app:${key}`, (text = '') => `${text}${i} `);
  },
  async pullAll(count) {
    const pulled = [];
    for (let i = 0; i < count; i++) if ((await driver.pull(`k${i}`)) !== undefined) pulled.push(i);
    return pulled;
  },
});
