import assert from 'node:assert/strict';
import { MapstoneStore } from '@mapstone/express-session';
import express from 'express';
import session from 'express-session';

const store = new MapstoneStore({ path: './esm.mapstone' });
const secret = 'a secret of at least thirty-two characters';

const app = express();
app.use(session({ store, secret, resave: false, saveUninitialized: false }));
app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1;
  response.json(request.session.views);
});
const server = await new Promise((done) => {
  const listening = app.listen(0, '127.0.0.1', () => done(listening));
});
assert.deepEqual(await twice(`http://127.0.0.1:${server.address().port}/`), [1, 2]);
server.closeAllConnections();
server.close();

const { mapping } = store.engine.stats();
store.close();
console.log(`ran over ${mapping}`);

async function twice(url) {
  const first = await fetch(url);
  const second = await fetch(url, { headers: { cookie: first.headers.get('set-cookie').split(';')[0] } });
  return [await first.json(), await second.json()];
}
