// The storage contract of keyv 6 (its README, "Storage Adapter Contract"), point by point, over the real keyv 6.

import { detectKeyvStorage, Keyv, KeyvBridgeAdapter, keyvStorageCapability } from 'keyv6';
import { describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { KeyvMapstone } from '../src/index.js';
import { collect } from './support/majors.js';

const path = tempPaths();
const make = (settings: object = {}) => {
  const store = new KeyvMapstone(path());
  return { store, keyv: new Keyv({ store, ...settings }) };
};

describe('keyv 6: how the store is taken', () => {
  it('uses the adapter directly, without a bridge', () => {
    const { store, keyv } = make();
    expect(keyv.store).toBe(store);
    expect(keyv.store).not.toBeInstanceOf(KeyvBridgeAdapter);
  });

  it('is told that `set` takes an absolute expiry', () => {
    expect(new KeyvMapstone(path()).capabilities.expires).toBe(true);
  });

  it('says of itself what keyv detects', () => {
    const store = new KeyvMapstone(path());
    expect(store.capabilities).toEqual(keyvStorageCapability(store));
    expect(detectKeyvStorage(store)).toMatchObject({ compatible: true, store: 'keyvStorage' });
  });

  it('takes a store assigned later', async () => {
    const keyv = new Keyv<string>({ namespace: 'late' });
    const store = new KeyvMapstone(path());
    keyv.store = store;
    expect(keyv.store).toBe(store);
    expect(store.namespace).toBe('late');
    await keyv.set('k', 'v');
    expect(store.engine.has('late:k')).toBe(true);
  });

  it('refuses an adapter pinned to keyv 5', () => {
    const store = new KeyvMapstone({ path: path(), keyv: 5 });
    expect(() => new Keyv({ store })).toThrow(/keyv: 5/);
  });
});

describe('keyv 6: keys and namespaces', () => {
  it('gets bare keys and puts the namespace before them', async () => {
    const { store, keyv } = make({ namespace: 'users' });
    await keyv.set('42', 'v');
    expect([...store.engine.keys()]).toEqual(['users:42']);
  });

  it('has no namespace by default', async () => {
    const { store, keyv } = make();
    expect(keyv.namespace).toBeUndefined();
    await keyv.set('42', 'v');
    expect([...store.engine.keys()]).toEqual(['42']);
  });

  it('keeps the namespace of the adapter where Keyv has none', async () => {
    const store = new KeyvMapstone({ path: path(), namespace: 'own' });
    const keyv = new Keyv({ store });
    expect(keyv.namespace).toBe('own');
    await keyv.set('k', 'v');
    expect(store.engine.has('own:k')).toBe(true);
  });

  it('follows a namespace assigned later', async () => {
    const { keyv } = make({ namespace: 'a' });
    await keyv.set('k', 1);
    keyv.namespace = 'b';
    expect(await keyv.get('k')).toBeUndefined();
    await keyv.set('k', 2);
    keyv.namespace = 'a';
    expect(await keyv.get('k')).toBe(1);
    keyv.namespace = undefined;
    expect(await keyv.get('b:k')).toBe(2);
  });

  it('does not take a key that looks prefixed for a prefixed one', async () => {
    const { keyv } = make({ namespace: 'a' });
    await keyv.set('a:k', 'long');
    await keyv.set('k', 'short');
    expect(await keyv.getMany(['a:k', 'k'])).toEqual(['long', 'short']);
  });

  it('clears its own namespace only', async () => {
    const at = path();
    const a = new Keyv({ store: new KeyvMapstone(at), namespace: 'a' });
    const b = new Keyv({ store: new KeyvMapstone(at), namespace: 'b' });
    await a.set('k', 1);
    await b.set('k', 2);
    await a.clear();
    expect(await a.get('k')).toBeUndefined();
    expect(await b.get('k')).toBe(2);
  });

  it('clears everything without a namespace', async () => {
    const { store, keyv } = make();
    await keyv.set('k', 1);
    await new Keyv({ store: new KeyvMapstone(store.opts.path as string), namespace: 'b' }).set('k', 2);
    await keyv.clear();
    expect(store.engine.size).toBe(0);
  });
});

describe('keyv 6: operations', () => {
  it('set resolves to true, delete to whether it was there', async () => {
    const { keyv } = make();
    expect(await keyv.set('k', 'v')).toBe(true);
    expect(await keyv.delete('k')).toBe(true);
    expect(await keyv.delete('k')).toBe(false);
  });

  it('setMany and deleteMany resolve to a boolean each', async () => {
    const { keyv } = make({ namespace: 'n' });
    expect(
      await keyv.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: 2 },
      ]),
    ).toEqual([true, true]);
    expect(await keyv.deleteMany(['a', 'x', 'b'])).toEqual([true, false, true]);
    expect(await keyv.setMany([])).toEqual([]);
    expect(await keyv.deleteMany([])).toEqual([]);
  });

  it('getMany, hasMany and getManyRaw answer in order, with undefined for what is missing', async () => {
    const { keyv } = make({ namespace: 'n' });
    await keyv.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
    expect(await keyv.getMany(['b', 'x', 'a'])).toEqual([2, undefined, 1]);
    expect(await keyv.hasMany(['b', 'x', 'a'])).toEqual([true, false, true]);
    expect(await keyv.getManyRaw(['b', 'x'])).toEqual([{ value: 2, expires: undefined }, undefined]);
  });

  it('the iterator yields bare keys', async () => {
    const { keyv } = make({ namespace: 'n' });
    await keyv.set('a', 1);
    await keyv.set('b:c', 2);
    expect(await collect(keyv.iterator())).toEqual([
      ['a', 1],
      ['b:c', 2],
    ]);
  });

  it('empty keys never reach the store', async () => {
    const { store, keyv } = make();
    expect(await keyv.set('', 'v')).toBe(false);
    expect(await keyv.getMany(['', 'x'])).toEqual([undefined, undefined]);
    expect(store.engine.size).toBe(0);
  });

  it('getRaw gives back the envelope of setRaw', async () => {
    for (const settings of [{}, { serialization: false }]) {
      const { keyv } = make(settings);
      const expires = Date.now() + 60_000;
      await keyv.setRaw('k', { value: 'v', expires });
      expect(await keyv.getRaw('k')).toEqual({ value: 'v', expires });
      await keyv.setManyRaw([
        { key: 'm', value: { value: [1], expires } },
        { key: 'n', value: { value: null } },
      ]);
      expect(await keyv.getManyRaw(['m', 'n'])).toEqual([{ value: [1], expires }, { value: null }]);
    }
  });

  it('with `serialization: false` the record holds the inner value, with it on a string', async () => {
    const off = make({ serialization: false });
    await off.keyv.set('k', { a: 1 }, 60_000);
    expect(off.store.engine.getEntry('k')).toMatchObject({ value: { a: 1 }, flag: true });
    const on = make();
    await on.keyv.set('k', { a: 1 }, 60_000);
    expect(on.store.engine.getEntry('k')).toMatchObject({ value: expect.any(String) as string, flag: false });
  });

  it('counts in Keyv stats', async () => {
    const { keyv } = make({ stats: true });
    await keyv.set('k', 1);
    await keyv.get('k');
    await keyv.get('x');
    expect([keyv.stats.sets, keyv.stats.hits, keyv.stats.misses]).toEqual([1, 1, 1]);
  });
});

describe('keyv 6: expiry', () => {
  it('the store itself enforces it, also with `checkExpired: false`', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      for (const settings of [{}, { serialization: false }]) {
        const { keyv } = make({ checkExpired: false, ...settings });
        await keyv.set('k', 'v', 1000);
        expect([await keyv.get('k'), await keyv.has('k'), await keyv.hasMany(['k'])]).toEqual(['v', true, [true]]);
        vi.setSystemTime(Date.now() + 1001);
        expect([await keyv.get('k'), await keyv.has('k'), await keyv.hasMany(['k'])]).toEqual([undefined, false, [false]]);
        expect(await keyv.getMany(['k'])).toEqual([undefined]);
        expect(await collect(keyv.iterator())).toEqual([]);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('an instant in the past reads back as absent, and takes the old value with it', async () => {
    const { keyv } = make({ checkExpired: false, serialization: false });
    await keyv.set('k', 'old');
    await keyv.setRaw('k', { value: 'v', expires: Date.now() - 1 });
    expect(await keyv.has('k')).toBe(false);
    await keyv.setRaw('z', { value: 'v', expires: 0 });
    expect(await keyv.has('z')).toBe(false);
  });
});

describe('keyv 6: errors are reported once', () => {
  it('as an event and a fallback value where someone listens', async () => {
    const { store, keyv } = make();
    const seen: unknown[] = [];
    keyv.on('error', (error: unknown) => seen.push(error));
    await store.disconnect();
    expect(await keyv.get('k')).toBeUndefined();
    expect(await keyv.set('k', 'v')).toBe(false);
    expect(await keyv.setMany([{ key: 'k', value: 1 }])).toEqual([false]);
    expect(await keyv.deleteMany(['k'])).toEqual([false]);
    expect(await keyv.has('k')).toBe(false);
    await keyv.clear();
    expect(await collect(keyv.iterator())).toEqual([]);
    expect(seen).toHaveLength(7);
    for (const error of seen) expect(error).toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });

  it('as a rejection where nobody does', async () => {
    const { store, keyv } = make();
    await store.disconnect();
    await expect(keyv.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await expect(keyv.set('k', 'v')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });
});
