// A request that the cache answers, 10 KB, one of 1,000 URLs, through undici's `interceptors.cache`: its store in memory, or ours. There is no server.
import { join } from 'node:path';
import { MapstoneCacheStore } from '@mapstone/undici';
import { Agent, cacheStores, interceptors, request } from 'undici';

export const title = 'undici: a cached response of 10 KB, 1,000 URLs';
export const baselines = [{ side: 'memory', label: 'its memory store', least: 1 }];

const URLS = 1000;
const ORIGIN = 'http://127.0.0.1:1';
const HEADERS = { 'content-type': 'text/html', 'cache-control': 'public, max-age=3600', date: new Date().toUTCString() };

export async function open(dir, side) {
  const store = side === 'mapstone' ? new MapstoneCacheStore({ path: join(dir, 'http.mapstone') }) : new cacheStores.MemoryCacheStore({ maxCount: URLS + 1 });
  const now = Date.now();
  const value = { statusCode: 200, statusMessage: 'OK', headers: HEADERS, cachedAt: now, staleAt: now + 3_600_000, deleteAt: now + 7_200_000 };
  const directives = { cacheControlDirectives: { public: true, 'max-age': 3600 } };
  for (let i = 0; i < URLS; i++) {
    const stream = store.createWriteStream({ origin: ORIGIN, method: 'GET', path: `/${i}`, headers: {} }, { ...value, ...directives });
    await new Promise((done, failed) => stream.on('error', failed).end(Buffer.alloc(10_000, i), done));
  }
  const dispatcher = new Agent().compose(interceptors.cache({ store }));
  let next = 0;
  const hit = async () => {
    const i = next++ % URLS;
    const { body } = await request(`${ORIGIN}/${i}`, { dispatcher });
    const bytes = await body.bytes();
    return bytes.length === 10_000 && bytes[9_999] === i % 256;
  };
  return { hit, close: () => dispatcher.close() };
}
