// The driver in the real bentocache, below its memory level and by itself; and what the driver adds to its own suite.

import { closeAll } from '@mapstone/engine';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneDriver, mapstoneDriver } from '../src/index.js';

const path = tempPaths();
let file: string;
const twoLevels = (options = {}) =>
  new BentoCache({
    default: 'app',
    stores: {
      app: bentostore(options)
        .useL1Layer(memoryDriver())
        .useL2Layer(mapstoneDriver({ path: file })),
    },
  });
const oneLevel = (options = {}) => new BentoCache({ default: 'app', stores: { app: bentostore(options).useL2Layer(mapstoneDriver({ path: file })) } });

beforeEach(() => {
  file = path();
});
afterEach(() => {
  vi.useRealTimers();
  closeAll();
});

describe.each([
  { name: 'memory and file', open: twoLevels },
  { name: 'file alone', open: oneLevel },
])('$name', ({ open }) => {
  it('makes a value once, over restarts', async () => {
    const factory = vi.fn(async () => ({ rows: [1, 2], at: 'now' }));
    for (let i = 0; i < 3; i++) {
      const cache = open();
      expect(await cache.getOrSet({ key: 'report', ttl: '1h', factory })).toEqual({ rows: [1, 2], at: 'now' });
      await cache.disconnect();
    }
    expect(factory).toHaveBeenCalledTimes(1);
  });

  it('ends an entry with its ttl', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = open();
    await cache.set({ key: 'short', value: 1, ttl: '10s' });
    await cache.setForever({ key: 'ever', value: 2 });
    vi.advanceTimersByTime(10_001);
    expect([await cache.get({ key: 'short' }), await cache.get({ key: 'ever' })]).toEqual([undefined, 2]);
  });

  it('keeps namespaces apart, and clears them with what is within', async () => {
    const cache = open();
    const users = cache.namespace('users');
    const posts = users.namespace('posts');
    for (const [i, one] of [cache, users, posts].entries()) await one.set({ key: 'k', value: i });
    expect(await Promise.all([cache, users, posts].map((one) => one.get({ key: 'k' })))).toEqual([0, 1, 2]);
    await users.clear();
    await cache.disconnect();
    const again = open();
    const read = [again, again.namespace('users'), again.namespace('users').namespace('posts')];
    expect(await Promise.all(read.map((one) => one.get({ key: 'k' })))).toEqual([0, undefined, undefined]);
  });

  it('forgets by tag', async () => {
    const cache = open();
    await cache.set({ key: 'a', value: 1, tags: ['x'] });
    await cache.set({ key: 'b', value: 2, tags: ['y'] });
    await cache.deleteByTag({ tags: ['x'] });
    expect([await cache.get({ key: 'a' }), await cache.get({ key: 'b' })]).toEqual([undefined, 2]);
  });

  it('pulls, deletes, tells what it has', async () => {
    const cache = open();
    for (const key of ['a', 'b', 'c', 'd']) await cache.set({ key, value: key });
    expect(await cache.pull('a')).toBe('a');
    expect(await cache.delete({ key: 'b' })).toBe(true);
    await cache.deleteMany({ keys: ['c', 'never'] });
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.has({ key })))).toEqual([false, false, false, true]);
  });
});

it('keeps the stores of one bentocache apart by their prefixes', async () => {
  const level = () => mapstoneDriver({ path: file });
  const cache = new BentoCache({
    default: 'a',
    stores: { a: bentostore({ prefix: 'a' }).useL2Layer(level()), b: bentostore({ prefix: 'b' }).useL2Layer(level()) },
  });
  await cache.use('a').set({ key: 'k', value: 'of a' });
  await cache.use('b').set({ key: 'k', value: 'of b' });
  await cache.use('a').clear();
  expect([await cache.use('a').get({ key: 'k' }), await cache.use('b').get({ key: 'k' })]).toEqual([undefined, 'of b']);
});

it('serves a grace period: the old value when a new one can not be made', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const cache = oneLevel({ grace: '1h' });
  await cache.getOrSet({ key: 'k', ttl: '10s', factory: () => 'old' });
  vi.advanceTimersByTime(20_000);
  const factory = () => Promise.reject(new Error('no'));
  expect(await cache.getOrSet({ key: 'k', ttl: '10s', grace: '1h', factory })).toBe('old');
});

describe('the driver', () => {
  it('opens its file when bentocache makes it, not before, and not twice for a namespace', async () => {
    const made = mapstoneDriver({ path: file });
    const driver = made.factory(made.options);
    expect(driver.namespace('a').namespace('b').engine).toBe(driver.engine);
    expect(driver.engine.stats().handles).toBe(1);
    await driver.disconnect();
  });

  it('gives a pulled entry to one of many', async () => {
    const driver = new MapstoneDriver({ path: file });
    await driver.set('k', 'v');
    const pulled = await Promise.all(Array.from({ length: 10 }, () => driver.pull('k')));
    expect(pulled.filter((value) => value !== undefined)).toEqual(['v']);
  });

  it('without a prefix clears everything', async () => {
    const [bare, prefixed] = [new MapstoneDriver({ path: file }), new MapstoneDriver({ path: file, prefix: 'p:' })];
    await bare.set('k', 'v');
    await prefixed.set('k', 'v');
    expect([...bare.engine.keys()].sort()).toEqual(['k', 'p:k']);
    await bare.clear();
    expect(await prefixed.get('k')).toBe(undefined);
  });

  it('clears what its prefix begins, and not what a longer one does', async () => {
    const [p, pq] = ['p', 'pq'].map((prefix) => new MapstoneDriver({ path: file, prefix }));
    for (const one of [p, pq]) await one.set('k', 'v');
    await p.clear();
    expect([await p.get('k'), await pq.get('k')]).toEqual([undefined, 'v']);
  });

  it('ends an entry with its ttl in milliseconds, of which 0 is none, and tells whether there was one to delete', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const driver = new MapstoneDriver({ path: file });
    await driver.set('short', 'v', 1_000);
    await driver.set('ever', 'v', 0);
    vi.advanceTimersByTime(999);
    expect(await driver.get('short')).toBe('v');
    vi.advanceTimersByTime(1);
    expect([await driver.get('short'), await driver.delete('short'), await driver.delete('ever')]).toEqual([undefined, false, true]);
  });

  it('refuses a ttl that is none, and deletes all of many or none', async () => {
    const driver = new MapstoneDriver({ path: file });
    await driver.set('k', 'before');
    await expect(driver.set('k', 'after', -1)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    await expect(driver.deleteMany(['k', ''])).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    expect(await driver.get('k')).toBe('before');
    expect(await driver.deleteMany(['k', 'never'])).toBe(true);
    expect(await driver.get('k')).toBe(undefined);
  });

  it('refuses options it does not know', () => {
    expect(() => new MapstoneDriver({ path: file, size: 1 } as any)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});
