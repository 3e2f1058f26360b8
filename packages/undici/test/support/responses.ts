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
