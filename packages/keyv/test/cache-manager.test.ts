// Under the real cache-manager 7: as its only store and behind one in memory.

import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createKeyv, KeyvMapstone } from '../src/index.js';

const path = tempPaths();
const stores = [
  { label: 'createKeyv, as its only store', make: (at: string) => [createKeyv(at)] },
  { label: 'new Keyv over the adapter, as its only store', make: (at: string) => [new Keyv({ store: new KeyvMapstone(at) })] },
  { label: 'createKeyv behind memory', make: (at: string) => [new Keyv(), createKeyv(at)] },
];

afterEach(() => void vi.useRealTimers());

describe.each(stores)('cache-manager over $label', ({ make }) => {
  it('sets, gets and deletes', async () => {
    const cache = createCache({ stores: make(path()) });
    expect(await cache.set('k', { a: [1] })).toEqual({ a: [1] });
    expect(await cache.get('k')).toEqual({ a: [1] });
    expect(await cache.del('k')).toBe(true);
    expect(await cache.get('k')).toBeUndefined();
  });

  it('falsy values are values', async () => {
    const cache = createCache({ stores: make(path()) });
    for (const value of [0, false, '', null]) {
      await cache.set('k', value);
      expect(await cache.get('k')).toBe(value);
    }
  });

  it('works in batches', async () => {
    const cache = createCache({ stores: make(path()) });
    await cache.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2, ttl: 60_000 },
    ]);
    expect(await cache.mget(['a', 'x', 'b'])).toEqual([1, undefined, 2]);
    await cache.mdel(['a', 'b']);
    expect(await cache.mget(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('ttl() tells the instant, and entries expire at it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = createCache({ stores: make(path()), ttl: 5000 });
    const now = Date.now();
    await cache.set('default', 1);
    await cache.set('own', 2, 1000);
    expect([await cache.ttl('default'), await cache.ttl('own'), await cache.ttl('x')]).toEqual([now + 5000, now + 1000, undefined]);
    vi.setSystemTime(now + 1001);
    expect(await cache.mget(['default', 'own'])).toEqual([1, undefined]);
  });

  it('wrap computes once, and refreshes in the background when the time is near', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = createCache({ stores: make(path()), ttl: 5000, refreshThreshold: 3000 });
    let calls = 0;
    const wrapped = () => cache.wrap('k', async () => ++calls);
    expect(await Promise.all([wrapped(), wrapped()])).toEqual([1, 1]);
    expect(await wrapped()).toBe(1);
    vi.setSystemTime(Date.now() + 2500);
    const refreshed = new Promise((resolve) => cache.on('refresh', resolve));
    expect(await wrapped()).toBe(1);
    await refreshed;
    expect(await wrapped()).toBe(2);
  });

  it('clears, and is warm after a restart', async () => {
    const at = path();
    const before = createCache({ stores: make(at) });
    await before.set('gone', 1);
    await before.clear();
    await before.set('k', 'v', 3_600_000);
    await before.disconnect();
    const after = createCache({ stores: make(at) });
    expect(await after.mget(['k', 'gone'])).toEqual(['v', undefined]);
    await after.disconnect();
  });
});
