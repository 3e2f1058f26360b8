const assert = require('node:assert/strict');
const { MapstoneCache } = require('@mapstone/cache');
const { createCacheManager } = require('@mapstone/cache/cache-manager');
const { createCacheable } = require('@mapstone/cache/cacheable');

(async () => {
  const cache = new MapstoneCache({ path: './commonjs.mapstone', maxSize: '16mb' });
  assert.deepEqual(await cache.getOrSet('k', () => ({ a: 1 })), { a: 1 });
  const square = cache.wrap(async (n) => n * n, { name: 'square' });
  assert.equal(await square(3), 9);
  cache.close();
  for (const made of [createCacheable({ path: './commonjs-cacheable.mapstone' }), createCacheManager({ path: './commonjs-manager.mapstone' })]) {
    await made.set('k', 1);
    assert.equal(await made.get('k'), 1);
    await made.disconnect();
  }
  console.log('ran');
})();
