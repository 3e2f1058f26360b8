import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { createCacheHandler, createUseCacheHandler } from '@mapstone/next';

const path = './data/esm.mapstone';
const handler = new (createCacheHandler({ path }))({ revalidatedTags: [] });
const page = {
  kind: 'APP_PAGE',
  html: '<p>',
  rscData: Buffer.from('rsc'),
  headers: { 'x-next-cache-tags': 'a' },
  segmentData: new Map([['/', Buffer.from('s')]]),
};
await handler.set('/a', page, { cacheControl: { revalidate: 60, expire: 3600 } });
assert.deepEqual((await handler.get('/a', { kind: 'APP_PAGE' })).value, page);
await handler.revalidateTag('a');
assert.equal(await handler.get('/a', { kind: 'APP_PAGE' }), null);

const use = createUseCacheHandler({ path });
const value = new Blob(['made']).stream();
await use.set('k', Promise.resolve({ value, tags: [], stale: 1, timestamp: Date.now(), expire: 60, revalidate: 30 }));
assert.equal(await text((await use.get('k', [])).value), 'made');
console.log('both handlers ran');
