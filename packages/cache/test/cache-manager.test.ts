// createCacheManager, by the documentation of cache-manager 7: each test runs over its own memory store too, so that a difference is ours.

import { existsSync } from 'node:fs';
import { type Cache, createCache } from 'cache-manager';
import { describe, expect, it } from 'vitest';
import { createCacheManager } from '../src/cache-manager.js';
import { MapstoneCache } from '../src/index.js';
import { bench } from './support/caches.js';

const here = bench();
const { pass } = here;
interface Options {
  ttl?: number;
  refreshThreshold?: number;
}
const KINDS: [string, (options?: Options) => Cache][] = [
  ['memory, its own', (options) => createCache(options)],
  ['the shared file', (options) => createCacheManager({ path: here.path, maxSize: '4mb', ...options })],
];

describe.each(KINDS)('cache-manager over %s', (_kind, open) => {
  it('set, get, del', async () => {
    const cache = open();
    expect(await cache.set('k', { a: 1 })).toEqual({ a: 1 });
    expect([await cache.get('k'), await cache.get('x')]).toEqual([{ a: 1 }, undefined]);
    expect([await cache.del('k'), await cache.get('k')]).toEqual([true, undefined]);
  });

  it.each([[0], [false], [''], [null]])('%o is a value', async (value) => {
    const cache = open();
    await cache.set('k', value);
    expect([await cache.get('k'), await cache.mget(['k'])]).toEqual([value, [value]]);
  });

  it('mset, mget, mdel', async () => {
    const cache = open();
    await cache.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 1000 },
    ]);
    expect(await cache.mget(['a', 'b', 'x'])).toEqual([1, 2, undefined]);
    pass(1001);
    expect(await cache.mget(['a', 'b'])).toEqual([1, undefined]);
    expect([await cache.mdel(['a', 'b']), await cache.mget(['a'])]).toEqual([true, [undefined]]);
  });

  it('ttl: the call’s, the cache’s; and when it is over', async () => {
    const cache = open({ ttl: 5000 });
    await cache.set('k', 1);
    await cache.set('own', 1, 1000);
    expect([await cache.ttl('k'), await cache.ttl('own'), await cache.ttl('x')]).toEqual([Date.now() + 5000, Date.now() + 1000, undefined]);
    pass(1001);
    expect([await cache.get('own'), await cache.get('k')]).toEqual([undefined, 1]);
  });

  it('clear', async () => {
    const cache = open();
    await cache.set('k', 1);
    expect([await cache.clear(), await cache.get('k')]).toEqual([true, undefined]);
  });

  it('wrap makes a value once, for a ttl that may depend on it', async () => {
    const cache = open();
    let calls = 0;
    const wrap = () =>
      cache.wrap(
        'k',
        async () => ++calls,
        (value) => value * 1000,
      );
    expect(await Promise.all([wrap(), wrap()])).toEqual([1, 1]);
    pass(1001);
    expect([await wrap(), await wrap(), calls]).toEqual([2, 2, 2]);
    expect(await cache.wrap('raw', async () => 'v', { ttl: 1000, raw: true })).toMatchObject({ value: 'v' });
  });

  it('refreshThreshold: near its end a value is made anew behind the scenes', async () => {
    const cache = open({ ttl: 10_000, refreshThreshold: 3000 });
    let calls = 0;
    const wrap = () => cache.wrap('k', async () => ++calls);
    expect(await wrap()).toBe(1);
    pass(6000);
    expect([await wrap(), calls]).toEqual([1, 1]);
    pass(1500);
    const refreshed = new Promise((resolve) => cache.on('refresh', resolve));
    expect(await wrap()).toBe(1);
    await refreshed;
    expect([await cache.get('k'), calls]).toEqual([2, 2]);
  });

  it('events', async () => {
    const cache = open();
    const seen: unknown[] = [];
    for (const event of ['set', 'del', 'clear'] as const) cache.on(event, (data?: any) => seen.push([event, data?.key]));
    await cache.set('k', 1);
    await cache.del('k');
    await cache.clear();
    // Twice, of whatever store: once of it, and once of all.
    expect(seen).toEqual([
      ['set', 'k'],
      ['set', 'k'],
      ['del', 'k'],
      ['clear', undefined],
    ]);
  });
});

describe('what only the file does', () => {
  it('shorthands, types, namespaces, and a restart', async () => {
    const cache = createCacheManager({ path: here.path, ttl: '5m', namespace: 'a' });
    await cache.set('k', new Map([[1, new Date(2)]]));
    expect([await cache.get('k'), await cache.ttl('k')]).toEqual([new Map([[1, new Date(2)]]), Date.now() + 300_000]);
    const other = createCacheManager({ path: here.path, namespace: 'b' });
    await other.set('k', 1);
    await other.clear();
    await Promise.all([cache, other].map((one) => one.disconnect()));
    expect(await createCacheManager({ path: here.path, namespace: 'a' }).get('k')).toEqual(new Map([[1, new Date(2)]]));
  });

  it.each([[{ stores: [] }], [{ nonBlocking: true }], [{ refreshAllStores: true }], [{ ttl: 'soon' }], [{ maxSize: 'big' }], [{ size: 1 }]])(
    '%o is refused',
    (options: any) => {
      expect(() => createCacheManager({ path: here.path, ...options })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    },
  );
});

it.each([
  ['ttl', () => createCacheManager({ path: here.path, ttl: '10' })],
  ['refreshThreshold', () => createCacheManager({ path: here.path, refreshThreshold: -1 })],
  ['keyStats', () => new MapstoneCache({ path: here.path, keyStats: 2 ** 24 + 1 })],
  ['keyStats', () => new MapstoneCache({ path: here.path, keyStats: 1e12 })],
])('a mistake in %s is known before the file is opened', (name, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', message: expect.stringContaining(name) }));
  expect(existsSync(here.path)).toBe(false);
});
