const assert = require('node:assert/strict');
const { createCacheHandler } = require('@mapstone/next');

(async () => {
  const Handler = createCacheHandler({ path: './data/commonjs.mapstone' });
  const handler = new Handler({ revalidatedTags: [] });
  await handler.set('f', { kind: 'FETCH', data: { body: 'Yg==' }, revalidate: 60 }, { fetchCache: true, tags: ['t'] });
  assert.equal((await handler.get('f', { kind: 'FETCH' })).value.data.body, 'Yg==');
  console.log('the handler ran');
})();
