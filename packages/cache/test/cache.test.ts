// What a cache does for one caller: values, lives, many at once, namespaces, bad input.

import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../test/support/stores.js';
import { MapstoneCache, type MapstoneCacheOptions } from '../src/index.js';
import { bench } from './support/caches.js';

const { open, pass } = bench();

/** With these, every value lies in an envelope; without, as it is. Both must do the same. */
const SETUPS: [string, Partial<MapstoneCacheOptions>][] = [
  ['plain values', {}],
  ['values with a stale time', { stale: '1m' }],
  ['plain values, object cache', { objectCache: { maxEntries: 100 } }],
  ['values with a stale time, object cache', { stale: '1m', objectCache: { maxEntries: 100 } }],
];

describe.each(SETUPS)('%s', (_name, options) => {
  it('sets, gets, has, deletes, takes', () => {
    const cache = open(options);
    cache.set('k', { a: [1] });
    expect([cache.get('k'), cache.has('k'), cache.get('x'), cache.has('x')]).toEqual([{ a: [1] }, true, undefined, false]);
    expect([cache.delete('k'), cache.delete('k'), cache.get('k')]).toEqual([true, false, undefined]);
    cache.set('k', 'v');
    expect([cache.take('k'), cache.take('k'), cache.has('k')]).toEqual(['v', undefined, false]);
  });

  it.each([
    [0],
    [-0],
    [Number.NaN],
    [false],
    [''],
    [null],
    [10n],
    [new Date(5)],
    [new Map([['a', new Set([1])]])],
    [Buffer.from('bytes')],
    [new Float64Array([1.5])],
    ['\ud800 alone'],
    [[undefined, 1]],
    [{ a: undefined }],
    [['\u0001mapstone-cache', 1, 0, 0, 0, 0, 'forged']],
    [['\u0001mapstone-cache']],
  ])('gives %o back as it was', (value) => {
    const cache = open(options);
    cache.set('k', value);
    expect(cache.get('k')).toStrictEqual(value);
    expect(cache.has('k')).toBe(true);
    expect(cache.getMany(['k'])).toStrictEqual([value]);
    expect(cache.take('k')).toStrictEqual(value);
  });

  it('ends an entry with its ttl, its own or the cache’s', () => {
    const cache = open({ ...options, ttl: '10s' });
    cache.set('default', 1);
    cache.set('own', 2, '1s');
    cache.set('object', 3, { ttl: 2000 });
    cache.set('ever', 4, Number.POSITIVE_INFINITY);
    expect(['default', 'own', 'object', 'ever', 'x'].map((key) => cache.ttl(key))).toEqual([10_000, 1000, 2000, Number.POSITIVE_INFINITY, undefined]);
    pass(1000);
    expect(['default', 'own', 'object', 'ever'].map((key) => cache.has(key))).toEqual([true, false, true, true]);
    expect(cache.ttl('own')).toBeUndefined();
    pass(9000);
    expect(cache.getMany(['default', 'own', 'object', 'ever'])).toEqual([undefined, undefined, undefined, 4]);
    expect(cache.take('default')).toBeUndefined();
  });

  it('touch restarts a ttl, and gives another', () => {
    const cache = open({ ...options, ttl: '10s' });
    cache.set('k', { v: 1 });
    pass(9000);
    expect([cache.touch('k'), cache.ttl('k'), cache.touch('k', '1h'), cache.ttl('k'), cache.touch('x')]).toEqual([true, 10_000, true, 3_600_000, false]);
    pass(3_600_000);
    expect([cache.touch('k'), cache.get('k')]).toEqual([false, undefined]);
  });

  it('expire ends a ttl now', async () => {
    const cache = open({ ...options, ttl: '10s' });
    cache.set('k', 1);
    expect([cache.expire('k'), cache.get('k'), cache.ttl('k'), cache.expire('k'), cache.expire('x')]).toEqual([true, undefined, undefined, false, false]);
    expect(await cache.getOrSet('k', () => 2)).toBe(options.stale === undefined ? 2 : 1);
  });

  it('works on many', () => {
    const cache = open({ ...options, ttl: '10s' });
    cache.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: { two: 2 }, ttl: '1s' },
      { key: 'c', value: 3, tags: ['t'] },
    ]);
    expect(cache.getMany(['a', 'b', 'x', 'c'])).toEqual([1, { two: 2 }, undefined, 3]);
    pass(1000);
    expect(cache.hasMany(['a', 'b', 'c'])).toEqual([true, false, true]);
    expect(cache.deleteMany(['a', 'x'])).toEqual([true, false]);
    expect(cache.takeMany(['a', 'c', 'c'])).toEqual([undefined, 3, undefined]);
    expect(() =>
      cache.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: () => 1 },
      ]),
    ).toThrow(expect.objectContaining({ code: 'ERR_VALUE_INVALID' }));
    expect(cache.has('a')).toBe(false);
  });

  it('is there after a restart', () => {
    const before = open({ ...options, ttl: '1h' });
    before.set('k', { user: 'Ada' }, { tags: ['users'] });
    before.close();
    const after = open(options);
    expect([after.get('k'), after.ttl('k')]).toEqual([{ user: 'Ada' }, 3_600_000]);
  });
});

describe('namespaces', () => {
  it('keep keys, tags and counts apart, and clear by themselves', () => {
    const names = ['', 'a', 'a:b', 'a#', 'a$stats', 'a%3A', 'A', 'ä'];
    const caches = names.map((namespace) => open({ namespace }));
    for (const [i, cache] of caches.entries()) {
      for (const key of ['k', 'b:k', ':k', '#t', '$stats']) cache.set(key, `${i} ${key}`, { tags: ['t'] });
    }
    caches[1].invalidateTag('t');
    caches[2].clear();
    for (const [i, cache] of caches.entries()) {
      const expected = i === 1 || i === 2 ? undefined : (key: string) => `${i} ${key}`;
      for (const key of ['k', 'b:k', ':k', '#t', '$stats']) expect([names[i], cache.get(key)]).toEqual([names[i], expected?.(key)]);
    }
    caches[0].clear();
    for (const cache of caches) expect(cache.has('k')).toBe(false);
  });
});

describe('jitter', () => {
  it('shortens a ttl by up to its part, by chance', () => {
    const drawn = [0, 0.5, 0.999];
    const cache = open({ ttl: 10_000, jitter: 0.2 }, { random: () => drawn.shift() as number });
    for (const key of ['a', 'b']) cache.set(key, 1);
    cache.touch('a');
    expect([cache.ttl('a'), cache.ttl('b')]).toEqual([8002, 9000]);
    cache.set('ever', 1, Number.POSITIVE_INFINITY);
    expect(cache.ttl('ever')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('bad input', () => {
  it.each([
    ['no key', 'ERR_KEY_INVALID', (cache: any) => cache.get()],
    ['an empty key', 'ERR_KEY_INVALID', (cache: any) => cache.set('', 1)],
    ['a number for a key', 'ERR_KEY_INVALID', (cache: any) => cache.delete(1)],
    ['a key that is too long', 'ERR_KEY_INVALID', (cache: any) => cache.set('x'.repeat(65_536), 1)],
    ['undefined', 'ERR_VALUE_INVALID', (cache: any) => cache.set('k', undefined)],
    ['a function', 'ERR_VALUE_INVALID', (cache: any) => cache.set('k', () => 1)],
    ['a promise', 'ERR_VALUE_INVALID', (cache: any) => cache.set('k', { made: Promise.resolve() })],
    ['a ttl of 0', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, 0)],
    ['a ttl below 0', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, -1)],
    ['a ttl that is none', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, 'soon')],
    ['a ttl without a unit', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, '10')],
    ['NaN for a ttl', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, { ttl: Number.NaN })],
    ['null for options', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, null)],
    ['an option that there is not', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, { tlt: '5m' })],
    ['one of an item', 'ERR_OPTION_INVALID', (cache: any) => cache.setMany([{ key: 'k', value: 1, tlt: '5m' }])],
    ['a tag that is none', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, { tags: [''] })],
    ['tags that are no list', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, { tags: 'users' })],
    ['no list of keys', 'ERR_OPTION_INVALID', (cache: any) => cache.getMany('k')],
    ['no list of items', 'ERR_OPTION_INVALID', (cache: any) => cache.setMany({ key: 'k', value: 1 })],
    ['a stale time below 0', 'ERR_OPTION_INVALID', (cache: any) => cache.set('k', 1, { stale: -1 })],
    ['a function without a name', 'ERR_OPTION_INVALID', (cache: any) => cache.wrap(() => 1)],
    ['no function', 'ERR_OPTION_INVALID', (cache: any) => cache.wrap(1)],
    ['a touch without end before now', 'ERR_OPTION_INVALID', (cache: any) => cache.touch('k', 0)],
  ])('%s: %s, and nothing is lost', (_name, code, call) => {
    const cache = open();
    cache.set('k', 'kept');
    expect(codeOf(() => call(cache))).toBe(code);
    expect(cache.get('k')).toBe('kept');
  });

  it.each<[string, any]>([
    ['no options', undefined],
    ['no path', {}],
    ['an option it does not know', { path: 'p', size: 1 }],
    ['a namespace that is none', { path: 'p', namespace: '\ud800' }],
    ['a size that is none', { path: 'p', maxSize: 'big' }],
    ['a size too small to hold anything', { path: 'p', maxSize: '1kb' }],
    ['jitter over 1', { path: 'p', jitter: 2 }],
    ['readOnly', { path: 'p', readOnly: true }],
    ['an eviction', { path: 'p', eviction: 'none' }],
    ['keyStats below 0', { path: 'p', keyStats: -1 }],
    ['a lease of nothing', { path: 'p', lease: 0 }],
  ])('%s: no cache is made', (_name, options) => {
    expect(codeOf(() => new MapstoneCache(options && { mapping: 'memory', ...options }))).toBe('ERR_OPTION_INVALID');
  });

  it.each(['a:b/c/../d', '\0', '\ud800', '__proto__', '☃'.repeat(1000), 'x'.repeat(30_000)])('any string is a key: %#', async (key) => {
    const cache = open({ namespace: 'n' });
    cache.set(key, 1);
    expect([cache.get(key), cache.getMany([key]), await cache.getOrSet(key, () => 2)]).toEqual([1, [1], 1]);
  });

  it('a cache that was closed says so, once and again', async () => {
    const cache = open();
    cache.close();
    cache.close();
    for (const call of [() => cache.get('k'), () => cache.set('k', 1), () => cache.stats(), () => cache.clear()]) expect(codeOf(call)).toBe('ERR_STORE_CLOSED');
    await expect(cache.getOrSet('k', () => 1)).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });
});
