import assert from 'node:assert/strict';
import { MapstoneCache } from '@mapstone/cache';
import { createCacheManager } from '@mapstone/cache/cache-manager';
import { createCacheable } from '@mapstone/cache/cacheable';

const cache = new MapstoneCache({ path: './cache.mapstone', maxSize: '16mb', ttl: '5m' });
assert.equal(await cache.getOrSet('k', async () => 'made', { tags: ['t'] }), 'made');
assert.equal(cache.get('k'), 'made');
cache.invalidateTag('t');
assert.equal(cache.get('k'), undefined);
const { mapping } = cache.engine.stats();
cache.close();

const cacheable = createCacheable({ path: './cacheable.mapstone', maxSize: '16mb' });
await cacheable.set('k', new Map([[1, 2]]), '1h');
assert.deepEqual(await cacheable.get('k'), new Map([[1, 2]]));
await cacheable.disconnect();

const manager = createCacheManager({ path: './manager.mapstone', maxSize: '16mb', ttl: '1h' });
assert.equal(await manager.wrap('k', async () => 'made'), 'made');
await manager.disconnect();
console.log(`ran over ${mapping}`);
