const assert = require('node:assert/strict');
const mapstone = require('@mapstone/undici');
const { interceptors } = require('undici');

assert.equal(mapstone.default, mapstone.MapstoneCacheStore);
const store = new mapstone.MapstoneCacheStore({ path: './commonjs.mapstone' });
interceptors.cache({ store });
const key = { origin: 'http://a', method: 'GET', path: '/' };
const now = Date.now();
store
  .createWriteStream(key, { statusCode: 200, statusMessage: 'OK', headers: {}, cachedAt: now, staleAt: now + 1000, deleteAt: now + 1000 })
  .end('body', () => {
    assert.equal(Buffer.concat([...store.get(key).body]).toString(), 'body');
    const { mapping } = store.engine.stats();
    store.close();
    console.log(`ran over ${mapping}`);
  });
