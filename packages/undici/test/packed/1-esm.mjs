import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { MapstoneCacheStore } from '@mapstone/undici';
import { Agent, interceptors, request } from 'undici';

let asked = 0;
const server = createServer((_request, response) => response.setHeader('cache-control', 'max-age=60').end(String(++asked)));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const store = new MapstoneCacheStore({ path: './esm.mapstone' });
const dispatcher = new Agent().compose(interceptors.cache({ store }));
for (let i = 0; i < 2; i++) {
  const { body } = await request(`http://127.0.0.1:${server.address().port}/`, { dispatcher });
  assert.equal(await body.text(), '1');
}
const { mapping } = store.engine.stats();
await dispatcher.close();
server.close();
store.close();
console.log(`ran over ${mapping}`);
