// Requests and responses for tests of the store by itself.
import type { CacheKey, CacheValue, GetResult } from '../../src/contract.js';
import type { MapstoneCacheStore } from '../../src/index.js';

export const keyOf = (path: string, more: Partial<CacheKey> = {}): CacheKey => ({ origin: 'http://origin', method: 'GET', path, headers: {}, ...more });

export function aValue(more: Partial<CacheValue> = {}): CacheValue {
  const now = Date.now();
  return {
    statusCode: 200,
    statusMessage: 'OK',
    headers: { 'content-type': 'text/plain' },
    cachedAt: now,
    staleAt: now + 60_000,
    deleteAt: now + 120_000,
    ...more,
  };
}

/** Resolves when the response is stored, rejects if it was not taken. */
export function put(store: MapstoneCacheStore, key: CacheKey, body: any, more: Partial<CacheValue> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(Object.assign(new Error(`the response is not stored: ${why}`), { code: 'REFUSED' }));
    const stream = store.createWriteStream(key, aValue(more));
    if (stream === undefined) return refuse('its URL is too long');
    stream.on('error', reject).on('finish', resolve);
    stream.on('close', () => refuse('its body is too large'));
    stream.end(body);
  });
}

export function bodyOf(result: GetResult | undefined): Buffer | undefined {
  return result && Buffer.concat([...(result.body as Iterable<Buffer>)]);
}

/** What is really in the file: what the lists name, counted, and whether it is there and nothing else is. */
export function counted(store: MapstoneCacheStore) {
  const listed = [...store.engine.entries({ prefix: 'undici:url:' })].flatMap(([, list]) => list as { body: string; size: number }[]);
  const bodies = [...store.engine.keys({ prefix: 'undici:body:' })];
  const names = listed.map(({ body }) => body);
  return {
    count: listed.length,
    size: listed.reduce((sum, { size }) => sum + size, 0),
    unlisted: bodies.filter((body) => !names.includes(body)),
    missing: names.filter((body) => !bodies.includes(body)),
  };
}

/** What the store thinks that is in the file. */
export function totals(store: MapstoneCacheStore): { count: number; size: number } {
  const { count, size } = store.engine.get<{ count: number; size: number }>('undici:totals')!;
  return { count, size };
}
