// The adapter with no Keyv around it, as keyv's own 6.x suite uses one (`storageBasicTests`, `storageTtlTests`, ...; not on npm), for both contracts.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { KeyvMapstone } from '../src/index.js';
import { collect } from './support/majors.js';

const path = tempPaths();

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

for (const keyv of [5, 6] as const) {
  describe(`the adapter alone, keyv: ${keyv}`, () => {
    const make = (options: object = {}) => new KeyvMapstone({ path: path(), keyv, ...options });
    /** The third argument of `set` for "in so many ms". */
    const after = (ms: number) => (keyv === 6 ? Date.now() + ms : ms);
    const entry = (key: string, value: unknown, ms?: number) => ({
      key,
      value,
      ...(ms === undefined ? {} : keyv === 6 ? { expires: after(ms) } : { ttl: ms }),
    });

    it('get, has and delete answer for what is there and what is not', async () => {
      const store = make();
      expect([await store.get('k'), await store.has('k'), await store.delete('k')]).toEqual([undefined, false, false]);
      expect(await store.set('k', 'v')).toBe(true);
      expect([await store.get('k'), await store.has('k'), await store.delete('k')]).toEqual(['v', true, true]);
      expect(await store.get('k')).toBeUndefined();
    });

    it('gives back what it got: strings, bytes, envelopes, anything else', async () => {
      const store = make();
      const rows = [
        '',
        '{"value":1}',
        Buffer.from('bytes'),
        { value: 'v', expires: undefined },
        { value: { value: 1 }, expires: undefined },
        [1, { a: null }],
        7,
        false,
        null,
      ];
      for (const [index, row] of rows.entries()) await store.set(`k${index}`, row);
      expect(await store.getMany(rows.map((_, index) => `k${index}`))).toEqual(rows);
      expect(Buffer.isBuffer(await store.get('k2'))).toBe(true);
      for (const [index, row] of rows.entries()) expect(await store.get(`k${index}`)).toEqual(row);
    });

    it('an overwrite changes the kind of the row as well as the row', async () => {
      const store = make();
      await store.set('k', { value: 'v', expires: undefined });
      await store.set('k', 'v');
      expect(await store.get('k')).toBe('v');
      await store.set('k', { value: 'v', expires: undefined });
      expect(await store.get('k')).toEqual({ value: 'v', expires: undefined });
    });

    it('setMany, getMany, hasMany and deleteMany keep the order', async () => {
      const store = make();
      expect(await store.setMany([entry('a', 'A'), entry('b', { value: 'B' }, 1000)])).toEqual([true, true]);
      expect(await store.getMany(['b', 'x', 'a'])).toEqual([{ value: 'B' }, undefined, 'A']);
      expect(await store.hasMany(['b', 'x', 'a'])).toEqual([true, false, true]);
      expect(await store.deleteMany(['b', 'x', 'a'])).toEqual(keyv === 6 ? [true, false, true] : true);
      expect(await store.deleteMany(['b', 'x', 'a'])).toEqual(keyv === 6 ? [false, false, false] : false);
      expect(await store.getMany([])).toEqual([]);
    });

    it('setMany is all or nothing', async () => {
      const store = make();
      await store.set('a', 'before');
      await expect(store.setMany([entry('a', 'after'), entry('b', () => 1)])).rejects.toBeInstanceOf(TypeError);
      expect(await store.getMany(['a', 'b'])).toEqual(['before', undefined]);
    });

    it('rows expire when they are told to, strings and envelopes alike', async () => {
      const store = make();
      await store.set('s', 'row', after(1000));
      await store.set('e', { value: 'v', expires: Date.now() + 1000 }, after(1000));
      await store.setMany([entry('m', 'row', 1000)]);
      vi.setSystemTime(Date.now() + 999);
      expect(await store.hasMany(['s', 'e', 'm'])).toEqual([true, true, true]);
      vi.setSystemTime(Date.now() + 2);
      expect(await store.hasMany(['s', 'e', 'm'])).toEqual([false, false, false]);
      expect(await store.getMany(['s', 'e', 'm'])).toEqual([undefined, undefined, undefined]);
      expect(await collect(store.iterator())).toEqual([]);
      expect(await store.delete('s')).toBe(false);
    });

    it('a set without an expiry takes the old one away', async () => {
      const store = make();
      await store.set('k', 'v', after(1000));
      await store.set('k', 'w');
      vi.setSystemTime(Date.now() + 5000);
      expect(await store.get('k')).toBe('w');
    });

    it('an expiry in the past, however far, is over', async () => {
      const store = make();
      for (const past of [Date.now() - 1, 0.5, -1, -1e20]) {
        await store.set('k', 'old');
        await store.set('k', 'new', keyv === 6 ? past : past - Date.now());
        expect([await store.get('k'), await store.has('k')]).toEqual([undefined, false]);
      }
    });

    it('takes any key the engine takes, and refuses the others', async () => {
      const store = make();
      const keys = [' ', 'ü', '漢字', '\ud800', '\udc00', '\ufffd', '\0', '__proto__', 'x'.repeat(65_535)];
      for (const key of keys) await store.set(key, key);
      expect(await store.getMany(keys)).toEqual(keys);
      expect((await collect(store.iterator())).map(([key]) => key).sort()).toEqual([...keys].sort());
      for (const wrong of ['', 'x'.repeat(65_536)]) await expect(store.set(wrong, 1)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    });

    it(keyv === 5 ? 'a ttl of 0 is none' : 'an instant of 0 is long past', async () => {
      const store = make();
      await store.set('k', 'v', 0);
      expect(await store.has('k')).toBe(keyv === 5);
    });

    it('ignores an expiry that is not a finite number', async () => {
      const store = make();
      for (const [index, ms] of [NaN, Infinity, -Infinity, 1e300, undefined, null, '5'].entries()) await store.set(`k${index}`, 'v', ms as number);
      vi.setSystemTime(Date.now() + 1e9);
      expect(await store.hasMany(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6'])).toEqual([true, true, true, true, true, true, true]);
    });

    it('iterates over everything, and over a namespace when it has one', async () => {
      const at = path();
      const store = make({ path: at });
      await store.set('a', 1);
      store.namespace = 'n';
      await store.set(keyv === 6 ? 'b' : 'n:b', 2);
      expect(await collect(store.iterator())).toEqual([[keyv === 6 ? 'b' : 'n:b', 2]]);
      store.namespace = undefined;
      expect(await collect(store.iterator())).toEqual([
        ['a', 1],
        ['n:b', 2],
      ]);
    });

    it('an iteration that stops early, or meets writes, is no trouble', async () => {
      const store = make();
      for (let index = 0; index < 50; index++) await store.set(`k${index}`, index);
      for await (const [key] of store.iterator()) {
        expect(key).toMatch(/^k/);
        break;
      }
      const seen = new Set<string>();
      for await (const [key, value] of store.iterator()) {
        expect(seen.has(key)).toBe(false);
        seen.add(key);
        await store.set(key, value + 1000);
        if (key.startsWith('k')) await store.set(`new${key}`, 0);
      }
      for (let index = 0; index < 50; index++) expect(seen).toContain(`k${index}`);
    });

    it('clear reaches its namespace, and everything without one', async () => {
      const store = make();
      await store.set('other:k', 1);
      store.namespace = 'n';
      await store.set(keyv === 6 ? 'k' : 'n:k', 2);
      await store.clear();
      expect([...store.engine.keys()]).toEqual(['other:k']);
      store.namespace = '';
      await store.clear();
      expect(store.engine.size).toBe(0);
    });

    it('methods reject and never throw', async () => {
      const store = make();
      await store.disconnect();
      await store.disconnect();
      const calls = [
        () => store.get('k'),
        () => store.getMany(['k']),
        () => store.set('k', 1),
        () => store.setMany([{ key: 'k', value: 1 }]),
        () => store.has('k'),
        () => store.hasMany(['k']),
        () => store.delete('k'),
        () => store.deleteMany(['k']),
        () => store.clear(),
        () => store.iterator().next(),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    });
  });
}
