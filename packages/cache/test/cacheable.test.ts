// createCacheable, by the chapters of cacheable's documentation: each test runs over plain `Cacheable` in memory too, so that a difference is ours.

import { Cacheable, CacheableEvents, CacheableHooks, type CacheableOptions } from 'cacheable';
import { describe, expect, it } from 'vitest';
import { createCacheable } from '../src/cacheable.js';
import { bench } from './support/caches.js';

const here = bench();
const { pass } = here;
const file = (more: object) => (options: CacheableOptions) => createCacheable({ path: here.path, maxSize: '4mb', ...more, ...options });
const KINDS: [string, (options: CacheableOptions) => Cacheable][] = [
  ['memory, cacheable’s own', (options) => new Cacheable(options)],
  ['the shared file', file({})],
  ['the shared file with an object cache', file({ objectCache: { maxEntries: 100 } })],
];

describe.each(KINDS)('Cacheable over %s', (_kind, make) => {
  /** Every error that it tells of fails the test. */
  const open = (options: CacheableOptions = {}) => {
    const cache = make(options);
    cache.on('error', (error: unknown) => {
      throw error;
    });
    return cache;
  };

  describe('Basic usage, API', () => {
    it('set, get, has, take, delete', async () => {
      const cache = open();
      expect(await cache.set('k', { a: [1] })).toBe(true);
      expect([await cache.get('k'), await cache.has('k'), await cache.get('x'), await cache.has('x')]).toEqual([{ a: [1] }, true, undefined, false]);
      expect([await cache.take('k'), await cache.take('k')]).toEqual([{ a: [1] }, undefined]);
      await cache.set('k', 1);
      expect([await cache.delete('k'), await cache.get('k')]).toEqual([true, undefined]);
    });

    it.each([[0], [false], [''], [null]])('%o is a value, in every read (upstream loses it where only the second tier has it)', async (value) => {
      const cache = open();
      await cache.set('k', value);
      expect([await cache.get('k'), await cache.has('k'), await cache.getMany(['k'])]).toEqual([value, true, [value]]);
      expect((await cache.getRaw('k'))?.value).toBe(value);
    });

    it('setMany, getMany, hasMany, takeMany, deleteMany', async () => {
      const cache = open();
      await cache.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: { two: 2 }, ttl: '1h' },
        { key: 'c', value: 3, ttl: 1000 },
      ]);
      expect(await cache.getMany(['a', 'x', 'b', 'c'])).toEqual([1, undefined, { two: 2 }, 3]);
      pass(1001);
      expect(await cache.hasMany(['a', 'x', 'b', 'c'])).toEqual([true, false, true, false]);
      expect(await cache.takeMany(['a', 'x'])).toEqual([1, undefined]);
      await cache.deleteMany(['a', 'b']);
      expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    });

    it('getRaw, getManyRaw: with the expiry', async () => {
      const cache = open();
      await cache.set('k', { a: 1 }, 5000);
      await cache.set('ever', 1);
      const expires = Date.now() + 5000;
      expect(await cache.getRaw('k')).toEqual({ value: { a: 1 }, expires });
      expect((await cache.getManyRaw(['k', 'x', 'ever'])).map((raw) => raw && [raw.value, raw.expires])).toEqual([
        [{ a: 1 }, expires],
        undefined,
        [1, undefined],
      ]);
    });

    it('clear', async () => {
      const cache = open();
      for (let i = 0; i < 100; i++) await cache.set(`k${i}`, i);
      await cache.clear();
      expect(await cache.has('k5')).toBe(false);
    });

    it('hash and hashSync', async () => {
      const cache = open();
      expect(cache.hashSync({ a: 1 })).toBe(new Cacheable().hashSync({ a: 1 }));
      expect(await cache.hash({ a: 1 })).toMatch(/^[\da-f]{64}$/);
    });

    it('namespaces stay apart, also by a function', async () => {
      const [a, b] = [open({ namespace: 'a' }), open({ namespace: () => 'b' })];
      await a.set('k', 1);
      await b.set('k', 2);
      expect([await a.get('k'), await b.get('k')]).toEqual([1, 2]);
      await a.clear();
      expect([await a.get('k'), await b.get('k')]).toEqual([undefined, 2]);
    });
  });

  describe('Shorthand and cascade of ttl', () => {
    it.each([
      ['1ms', 1],
      ['2s', 2000],
      ['3m', 180_000],
      ['4h', 14_400_000],
      ['4hr', 14_400_000],
      ['5d', 432_000_000],
      [1234, 1234],
    ])('%s is %i ms', async (ttl, ms) => {
      const cache = open();
      await cache.set('k', 1, ttl);
      expect((await cache.getRaw('k'))?.expires).toBe(Date.now() + ms);
    });

    it('the call’s, then the store’s, then the instance’s', async () => {
      const cache = open({ ttl: '10s' });
      const expiry = async (ttl?: number | string) => {
        await cache.set('k', 1, ttl);
        return ((await cache.getRaw('k'))?.expires ?? Number.NaN) - Date.now();
      };
      expect([await expiry('1m'), await expiry()]).toEqual([60_000, 10_000]);
      cache.primary.ttl = 3000;
      expect([await expiry('1m'), await expiry()]).toEqual([60_000, 3000]);
    });

    it('0 is for ever; -1 as the instance’s switches it off', async () => {
      const cache = open({ ttl: '10s' });
      cache.ttl = -1;
      expect(cache.ttl).toBeUndefined();
      await cache.set('k', 1);
      await cache.set('zero', 1, 0);
      pass(1e9);
      expect([await cache.get('k'), await cache.get('zero')]).toEqual([1, 1]);
    });

    it('maxTtl caps what is longer, and what is for ever', async () => {
      const cache = open({ maxTtl: '1h' });
      for (const [key, ttl] of [
        ['long', '2h'],
        ['short', '30m'],
        ['ever', undefined],
      ] as const)
        await cache.set(key, 1, ttl);
      expect((await cache.getManyRaw(['long', 'short', 'ever'])).map((raw) => (raw?.expires as number) - Date.now())).toEqual([
        3_600_000, 1_800_000, 3_600_000,
      ]);
      cache.maxTtl = undefined;
      await cache.set('ever', 1);
      pass(1e10);
      expect(await cache.get('ever')).toBe(1);
    });

    it('a ttl for each tier: this one is the primary', async () => {
      const cache = open();
      await cache.set('k', 1, { ttl: { primary: '10s', secondary: '5m' } });
      expect((await cache.getRaw('k'))?.expires).toBe(Date.now() + 10_000);
    });

    it('what has expired is gone, in every read', async () => {
      const cache = open();
      await cache.set('k', 1, 1000);
      pass(1001);
      expect([
        await cache.get('k'),
        await cache.has('k'),
        await cache.getMany(['k']),
        await cache.hasMany(['k']),
        await cache.getRaw('k'),
        await cache.take('k'),
      ]).toEqual([undefined, false, [undefined], [false], undefined, undefined]);
    });
  });

  describe('Hooks', () => {
    it('before and after set, get, setMany, getMany, in their order', async () => {
      const cache = open();
      const seen: string[] = [];
      for (const hook of Object.values(CacheableHooks)) cache.onHook(hook, () => void seen.push(hook));
      await cache.set('k', 1);
      await cache.get('k');
      await cache.setMany([{ key: 'a', value: 1 }]);
      await cache.getMany(['a']);
      const { BEFORE_SET, AFTER_SET, BEFORE_GET, AFTER_GET, BEFORE_SET_MANY, AFTER_SET_MANY, BEFORE_GET_MANY, AFTER_GET_MANY } = CacheableHooks;
      expect(seen).toEqual([BEFORE_SET, AFTER_SET, BEFORE_GET, AFTER_GET, BEFORE_SET_MANY, AFTER_SET_MANY, BEFORE_GET_MANY, AFTER_GET_MANY]);
    });

    it('BEFORE_SET changes value and ttl, within maxTtl', async () => {
      const cache = open({ maxTtl: '1m' });
      cache.onHook(CacheableHooks.BEFORE_SET, (item) => {
        item.value = `${item.value}!`;
        item.ttl = item.key === 'long' ? '1h' : { primary: '10s', secondary: '5m' };
      });
      await cache.set('k', 'v');
      await cache.set('long', 'v');
      expect([await cache.getRaw('k'), await cache.getRaw('long')]).toEqual([
        { value: 'v!', expires: Date.now() + 10_000 },
        { value: 'v!', expires: Date.now() + 60_000 },
      ]);
    });

    it('a hook’s ttl that is none stores nothing, and is told of', async () => {
      const cache = make({});
      const errors: unknown[] = [];
      cache.on(CacheableEvents.ERROR, (error: unknown) => void errors.push(error));
      cache.onHook(CacheableHooks.BEFORE_SET, (item) => {
        item.ttl = '10 lightyears';
      });
      expect([await cache.set('k', 1), await cache.get('k'), errors.length]).toEqual([false, undefined, 1]);
    });
  });

  describe('Events', () => {
    it('cache:hit and cache:miss, with key, value and store', async () => {
      const cache = open();
      const seen: unknown[] = [];
      cache.on(CacheableEvents.CACHE_HIT, (data: any) => void seen.push(['hit', data.key, data.value, data.store]));
      cache.on(CacheableEvents.CACHE_MISS, (data: any) => void seen.push(['miss', data.key, data.store]));
      await cache.set('k', 'v');
      await cache.get('k');
      await cache.get('x');
      expect(seen).toEqual([
        ['hit', 'k', 'v', 'primary'],
        ['miss', 'x', 'primary'],
      ]);
    });
  });

  describe('Statistics', () => {
    it('hits, misses, sets, deletes, clears, count, and sizes', async () => {
      const cache = open({ stats: true });
      await cache.set('a', 'value');
      await cache.set('b', 'value');
      await cache.get('a');
      await cache.get('x');
      await cache.delete('a');
      const { hits, misses, gets, sets, deletes, count } = cache.stats;
      expect({ hits, misses, gets, sets, deletes, count }).toEqual({ hits: 1, misses: 1, gets: 2, sets: 2, deletes: 1, count: 1 });
      expect([cache.stats.vsize > 0, cache.stats.ksize > 0]).toEqual([true, true]);
      await cache.clear();
      expect([cache.stats.clears, cache.stats.count]).toEqual([1, 0]);
      cache.stats.reset();
      expect(cache.stats.hits).toBe(0);
    });

    it('off unless asked for', async () => {
      const cache = open();
      await cache.get('x');
      expect([cache.stats.enabled, cache.stats.misses]).toEqual([false, 0]);
    });
  });

  describe('Tags', () => {
    it('invalidateTag, invalidateTags, getTags', async () => {
      const cache = open({ tags: true });
      await cache.set('a', 1, { ttl: '10m', tags: ['red', 'blue'] });
      await cache.setMany([
        { key: 'b', value: 2, tags: ['blue'] },
        { key: 'c', value: 3, tags: ['green'] },
        { key: 'd', value: 4 },
      ]);
      expect([await cache.getMany(['a', 'b', 'c', 'd']), (await cache.tags.getTags('a'))?.sort()]).toEqual([
        [1, 2, 3, 4],
        ['blue', 'red'],
      ]);
      await cache.tags.invalidateTag('blue');
      expect(await cache.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, undefined, 3, 4]);
      await cache.tags.invalidateTags(['red', 'green']);
      expect([await cache.get('c'), await cache.get('d')]).toEqual([undefined, 4]);
      await cache.set('a', 5, { tags: ['red'] });
      expect(await cache.get('a')).toBe(5);
    });

    it('off unless asked for, and to be switched on', async () => {
      const cache = open();
      await cache.set('a', 1, { tags: ['t'] });
      await cache.tags.invalidateTag('t');
      expect([cache.tags.enabled, await cache.get('a')]).toEqual([false, 1]);
      cache.tags.enabled = true;
      await cache.set('a', 1, { tags: ['t'] });
      await cache.tags.invalidateTag('t');
      expect(await cache.get('a')).toBeUndefined();
    });
  });

  describe('getOrSet and wrap', () => {
    it('getOrSet makes a value once, for its ttl, also at once and by a key that is made', async () => {
      const cache = open();
      let calls = 0;
      const get = () => cache.getOrSet('k', async () => ++calls, { ttl: '10s' });
      expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
      expect(await get()).toBe(1);
      pass(10_001);
      expect(await get()).toBe(2);
      expect(
        await cache.getOrSet(
          () => 'k',
          async () => ++calls,
        ),
      ).toBe(2);
    });

    it('an error is not kept, or with cacheErrors is; throwErrors hands it on', async () => {
      const cache = make({});
      cache.on('error', () => undefined);
      let calls = 0;
      const fail = async () => {
        calls++;
        throw new Error('down');
      };
      await expect(cache.getOrSet('k', fail, { throwErrors: true })).rejects.toThrow('down');
      expect([await cache.getOrSet('k', fail), calls]).toEqual([undefined, 2]);
      await cache.getOrSet('kept', fail, { cacheErrors: true });
      const before = calls;
      await cache.getOrSet('kept', fail, { cacheErrors: true });
      expect(calls).toBe(before);
    });

    it('wrap keeps what a function gives, for its arguments, or under keys of one’s own', async () => {
      const cache = open();
      let calls = 0;
      const fn = async (n: number) => n * 10 + calls++;
      const wrapped = cache.wrap(fn as any, { ttl: '1h', keyPrefix: 'p1' }) as typeof fn;
      expect([await wrapped(1), await wrapped(1), await wrapped(2)]).toEqual([10, 10, 21]);
      const own = cache.wrap(fn as any, { keyPrefix: 'p2', createKey: (_fn: unknown, args: unknown[]) => `own:${args[0]}` } as any) as typeof fn;
      expect([await own(1), await own(1), await cache.get('own:1')]).toEqual([12, 12, 12]);
      expect(await Promise.all(Array.from({ length: 10 }, () => wrapped(7)))).toEqual(Array(10).fill(73));
    });
  });

  it('a static instance', async () => {
    Cacheable.setStaticInstance(open());
    await Cacheable.getStaticInstance().set('k', 1);
    expect(await Cacheable.getStaticInstance().get('k')).toBe(1);
    Cacheable.setStaticInstance(undefined);
  });
});

describe('what only the file does', () => {
  it('values come back as what they were', async () => {
    const cache = createCacheable({ path: here.path });
    const value = { map: new Map([['a', new Set([1n])]]), date: new Date(5), bytes: Buffer.from('b') };
    await cache.set('k', value);
    expect(await cache.get('k')).toEqual(value);
  });

  it('two caches see what one writes at once, also through an object cache; tags too; and after a restart it is there', async () => {
    const [a, b] = [1, 2].map(() => createCacheable({ path: here.path, tags: true, objectCache: { maxEntries: 100 } }));
    await a.set('k', { v: 1 }, { tags: ['t'] });
    expect([await b.get('k'), await b.get('k')]).toEqual([{ v: 1 }, { v: 1 }]);
    await b.set('k', { v: 2 }, { tags: ['t'] });
    expect(await a.get('k')).toEqual({ v: 2 });
    await a.disconnect();
    await b.disconnect();
    const again = createCacheable({ path: here.path, tags: true });
    expect(await again.get('k')).toEqual({ v: 2 });
    await again.tags.invalidateTag('t');
    expect(await again.get('k')).toBeUndefined();
  });

  it('iterates, as keys without their namespace', async () => {
    const cache = createCacheable({ path: here.path, namespace: 'a:b' });
    await cache.set('k:1', 1);
    await createCacheable({ path: here.path, namespace: 'other' }).set('x', 1);
    const seen: unknown[] = [];
    for await (const pair of cache.primary.iterator!(undefined)) seen.push(pair);
    expect(seen).toEqual([['k:1', 1]]);
  });

  it.each(['primary', 'secondary', 'nonBlocking', 'sync'])('%s is refused: there is one tier', (name) => {
    expect(() => createCacheable({ path: here.path, [name]: true } as any)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it('an option nobody knows, or no path, is refused', () => {
    for (const options of [{ path: here.path, size: 1 }, {}, undefined, { path: here.path, maxSize: 'big' }]) {
      expect(() => createCacheable(options as any)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    }
  });
});
