// A cache with a ttl, tags and a bound, that is warm after a restart. Run: node examples/cache/ttl-cache.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MapstoneCache } from '@mapstone/cache';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const open = () => new MapstoneCache({ path: join(directory, 'app.cache'), maxSize: '16mb', ttl: '1h', jitter: 0.1 });

let queries = 0;
const product = (cache, id) => cache.getOrSet(`product:${id}`, async () => ({ id, query: ++queries }), { tags: ['products', `product:${id}`] });

let cache = open();
console.log('asked twice:', await product(cache, 7), await product(cache, 7));
cache.set('one-time code', '123456', '5m');
console.log('taken:', cache.take('one-time code'), '| taken again:', cache.take('one-time code'));
cache.close();

cache = open();
console.log('after a restart:', await product(cache, 7), '| minutes left:', cache.ttl('product:7') > 50 * 60_000 ? 'over 50' : 'fewer');
cache.invalidateTag('products');
console.log('when its tag was invalidated:', await product(cache, 7));

cache.set('short', 'soon gone', '100ms');
await sleep(150);
console.log('when its time was over:', cache.get('short'));

const page = (i) => `page ${i} `.repeat(500);
for (let i = 0; i < 10_000; i++) cache.set(`page:${i}`, page(i));
await sleep(0);
const { own, fileSize } = cache.stats();
console.log('40 MB were stored, the file has', fileSize / 2 ** 20, 'MiB; entries went for it:', own.evictions > 1000);

cache.close();
rmSync(directory, { recursive: true });
