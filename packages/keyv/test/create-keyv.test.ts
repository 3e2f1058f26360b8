// createKeyv over keyv 5 and, with the user's `keyv` being 6, over keyv 6.

import { Keyv as Keyv5 } from 'keyv';
import { Keyv as Keyv6 } from 'keyv6';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createKeyv, KeyvMapstone } from '../src/index.js';
import { keyvSettings } from '../src/settings.js';
import { type AnyKeyv, collect } from './support/majors.js';

const path = tempPaths();
const over = [
  { major: 5, create: (...args: Parameters<typeof createKeyv>): AnyKeyv => createKeyv(...args) },
  { major: 6, create: (...args: Parameters<typeof createKeyv>): AnyKeyv => new Keyv6(keyvSettings(...args)) },
];

afterEach(() => void vi.useRealTimers());

it('gives a Keyv of the installed major', async () => {
  expect(createKeyv(path())).toBeInstanceOf(Keyv5);
  vi.resetModules();
  vi.doMock('keyv', () => import('keyv6'));
  const { createKeyv: createSix } = await import('../src/create-keyv.js');
  const keyv = createSix(path());
  expect(keyv).toBeInstanceOf(Keyv6);
  await keyv.set('k', { a: 1 });
  expect(await keyv.get('k')).toEqual({ a: 1 });
  expect([...keyv.store.engine.keys()]).toEqual(['keyv:k']);
  await keyv.disconnect();
  vi.doUnmock('keyv');
});

for (const { major, create } of over) {
  describe(`createKeyv over keyv ${major}`, () => {
    it('takes a path or options', async () => {
      for (const target of [path(), { path: path() }]) {
        const keyv = create(target);
        expect(keyv.store).toBeInstanceOf(KeyvMapstone);
        await keyv.set('k', 'v');
        expect(await keyv.get('k')).toBe('v');
      }
    });

    it('uses the namespace `keyv` unless told otherwise', async () => {
      const keyv = create(path());
      expect([keyv.namespace, keyv.store.namespace]).toEqual(['keyv', 'keyv']);
      await keyv.set('k', 1);
      expect([...keyv.store.engine.keys()]).toEqual(['keyv:k']);
      const users = create({ path: path(), namespace: 'users' });
      await users.set('k', 1);
      expect([...users.store.engine.keys()]).toEqual(['users:k']);
      const orders = create(path(), { namespace: 'orders' });
      await orders.set('k', 1);
      expect([...orders.store.engine.keys()]).toEqual(['orders:k']);
    });

    it('a namespace that is undefined is `keyv` too', () => {
      expect(create({ path: path(), namespace: undefined }, { namespace: undefined }).namespace).toBe('keyv');
    });

    it("namespace '' is none", async () => {
      const keyv = create({ path: path(), namespace: '' });
      await keyv.set('k', 1);
      await keyv.set('a:b', 2);
      expect([...keyv.store.engine.keys()].sort()).toEqual(['a:b', 'k']);
      expect(await collect(keyv.iterator())).toEqual([
        ['a:b', 2],
        ['k', 1],
      ]);
    });

    it('iterates with a namespace that has a colon, with none, and with keys that have one', async () => {
      for (const namespace of ['a:b', 'a', undefined]) {
        const keyv = create(path());
        keyv.namespace = namespace;
        await keyv.set('k:1', 'x');
        await keyv.set('::', 'y');
        expect(await collect(keyv.iterator())).toEqual([
          ['::', 'y'],
          ['k:1', 'x'],
        ]);
        for await (const [key] of keyv.iterator()) expect(await keyv.delete(key)).toBe(true);
        expect(await collect(keyv.iterator())).toEqual([]);
      }
    });

    it('a key that begins like the namespace is a key like any other', async () => {
      const keyv = create(path());
      await keyv.set('keyv:k', 'long');
      await keyv.set('k', 'short');
      expect(await keyv.getMany(['keyv:k', 'k'])).toEqual(['long', 'short']);
      expect([await keyv.get('keyv:k'), await keyv.get('k')]).toEqual(['long', 'short']);
      expect(await keyv.delete('k')).toBe(true);
      expect(await keyv.has('keyv:k')).toBe(true);
    });

    it('encodes a value once: the record holds the value itself, and its expiry', async () => {
      const keyv = create(path());
      const expires = Date.now() + 60_000;
      await keyv.set('k', { a: [1, 2] }, 60_000);
      const row = keyv.store.engine.getEntry('keyv:k');
      expect(row).toMatchObject({ value: { a: [1, 2] }, flag: true });
      expect(Math.abs(row.expiresAt - expires)).toBeLessThan(1000);
      expect(await keyv.getRaw('k')).toEqual({ value: { a: [1, 2] }, expires: row.expiresAt });
      expect(await keyv.getManyRaw(['k', 'x'])).toEqual([{ value: { a: [1, 2] }, expires: row.expiresAt }, undefined]);
    });

    it('passes options to Keyv', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const keyv = create(path(), { ttl: 1000, stats: true });
      await keyv.set('k', 'v');
      expect(await keyv.get('k')).toBe('v');
      expect(keyv.stats.hits).toBe(1);
      vi.setSystemTime(Date.now() + 1001);
      expect(await keyv.get('k')).toBeUndefined();
    });

    it('gives each Keyv a view of its own, over one engine', async () => {
      const at = path();
      const [a, b] = [create({ path: at, namespace: 'a' }), create({ path: at, namespace: 'b' })];
      expect(a.store).not.toBe(b.store);
      await a.set('k', 1);
      await b.set('k', 2);
      expect([await a.get('k'), await b.get('k')]).toEqual([1, 2]);
      await a.clear();
      expect([await a.get('k'), await b.get('k')]).toEqual([undefined, 2]);
    });

    it('deletes, counts and clears in batches', async () => {
      const keyv = create(path());
      expect(
        await keyv.setMany([
          { key: 'a', value: 1 },
          { key: 'b', value: 2, ttl: 60_000 },
        ]),
      ).toEqual([true, true]);
      expect(await keyv.hasMany(['a', 'x', 'b'])).toEqual([true, false, true]);
      expect(await keyv.deleteMany(['a', 'x'])).toEqual(major === 6 ? [true, false] : true);
      expect(await keyv.delete(['x', 'y'])).toEqual(major === 6 ? [false, false] : false);
      await keyv.clear();
      expect(await keyv.get('b')).toBeUndefined();
    });

    it('throws where the store does not open, at once', () => {
      expect(() => create('/no/such/directory/data.mapstone')).toThrow(/no\/such|ENOENT/);
    });
  });
}
