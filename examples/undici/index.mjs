// An HTTP cache that survives restarts: undici's own rules, responses in one file. Run: node examples/undici/index.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MapstoneCacheStore } from '@mapstone/undici';
import { Agent, fetch, interceptors } from 'undici';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'http-cache.mapstone');

// A server that counts what reaches it.
let asked = 0;
const server = createServer((request, response) => {
  asked++;
  response.setHeader('cache-control', 'public, max-age=3600').setHeader('vary', 'accept-language');
  response.end(request.headers['accept-language'] === 'de' ? 'Guten Tag' : 'Good day');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${server.address().port}/`;

function connect() {
  const store = new MapstoneCacheStore({ path, maxSize: 100 * 2 ** 20 });
  return { store, dispatcher: new Agent().compose(interceptors.cache({ store })) };
}

async function greet({ dispatcher }, language) {
  const response = await fetch(url, { dispatcher, headers: { 'accept-language': language } });
  return response.text();
}

let client = connect();
for (const language of ['en', 'de', 'en', 'de']) console.log(language, await greet(client, language), '| asked:', asked);

// A restart: the server is gone too, and is not missed.
await client.dispatcher.close();
client.store.close();
server.closeAllConnections();
server.close();

client = connect();
console.log('after a restart, without the server:', await greet(client, 'de'));
await client.dispatcher.close();
client.store.close();
rmSync(directory, { recursive: true });
