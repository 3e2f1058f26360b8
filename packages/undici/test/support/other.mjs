import { MapstoneCacheStore } from '@mapstone/undici';
import { Agent, interceptors, request } from 'undici';
import { serve } from '../../../../test/support/other-process.mjs';

const [path, options] = process.argv.slice(2);
const store = new MapstoneCacheStore({ path, ...JSON.parse(options) });
const dispatcher = new Agent().compose(interceptors.cache({ store }));

async function ask(url, method = 'GET') {
  const { body } = await request(url, { dispatcher, method });
  return body.text();
}

function put(path, bytes) {
  const now = Date.now();
  const value = { statusCode: 200, statusMessage: 'OK', headers: {}, cachedAt: now, staleAt: now + 60_000, deleteAt: now + 3_600_000 };
  const stream = store.createWriteStream({ origin: 'http://origin', method: 'GET', path, headers: {} }, value);
  return new Promise((done, failed) => stream.on('error', failed).on('finish', done).end(Buffer.alloc(bytes, 1)));
}

serve({
  put,
  async putMany(count, bytes, urls) {
    for (let i = 0; i < count; i++) await put(`/${i % urls}`, bytes);
  },
  /** Stores a response, and is killed before it takes a step in the file: the first, the second, ... */
  putAndDie(path, bytes, step) {
    for (const name of ['set', 'update', 'deleteMany']) {
      const take = store.engine[name].bind(store.engine);
      store.engine[name] = (...args) => {
        if (--step === 0) process.kill(process.pid, 'SIGKILL');
        return take(...args);
      };
    }
    return put(path, bytes);
  },
  ask,
  async askAll(origin, from, to) {
    for (let i = from; i < to; i++) await ask(`${origin}/${i}`);
  },
});
