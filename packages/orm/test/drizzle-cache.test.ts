// Drizzle's cache by itself, called as Drizzle calls it: what no driver here does, what hurts, and the conformance suite.
import { conformance, hostileKeys } from '@mapstone/conformance';
import { openStore } from '@mapstone/engine';
import { pgSchema, pgTable, pgTableCreator, text } from 'drizzle-orm/pg-core';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { type DrizzleCacheOptions, type MapstoneCache, mapstoneCache } from '../src/drizzle.js';
import { expiryOf } from '../src/drizzle-expiry.js';
import { keep, restore } from '../src/drizzle-rows.js';

const path = tempPaths();
const caches: MapstoneCache[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const cache of caches.splice(0)) cache.close();
});

function cacheOf(options: Partial<DrizzleCacheOptions> = {}): MapstoneCache {
  const cache = mapstoneCache({ path: path(), settle: 0, ...options });
  caches.push(cache);
  return cache;
}

/** As Drizzle's own sessions do it. */
async function select(cache: MapstoneCache, key: string, response: unknown, tables = ['t'], isTag = false): Promise<unknown> {
  const found = await cache.get(key, tables, isTag, tables.length > 0);
  if (found !== undefined) return found;
  await cache.put(key, response, tables, isTag);
  return response;
}

describe('rows', () => {
  it('a row of libsql comes back with its hidden indices and its length, and is as small as its values', () => {
    const rows = Array.from({ length: 100 }, (_, n) => {
      const row = {};
      Object.defineProperty(row, 'length', { value: 3 });
      for (const [i, value] of [n, new Date(n), new ArrayBuffer(4)].entries()) Object.defineProperty(row, i, { value });
      for (const [i, name] of ['id', '__proto__', 'constructor'].entries())
        Object.defineProperty(row, name, { value: (row as unknown[])[i], enumerable: true, writable: true, configurable: true });
      return row as unknown[];
    });
    const store = openStore(path());
    store.set('kept', keep(rows));
    const back = restore(store.get('kept') as never) as unknown[][];
    expect(store.stats().liveBytes).toBeLessThan(100 * 40);
    store.close();
    expect(back).toHaveLength(100);
    for (const [n, row] of back.entries()) {
      expect(Array.prototype.slice.call(row)).toEqual([n, new Date(n), new ArrayBuffer(4)]);
      expect(Object.keys(row)).toEqual(['id', '__proto__', 'constructor']);
      expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    }
  });

  it('each reader gets rows of its own, however often they were read', async () => {
    const cache = cacheOf();
    const hidden = (values: unknown[]) => values.reduce<any>((row, value, i) => Object.defineProperty(row, i, { value }), { id: values[0], json: { of: [1] } });
    const responses = { arrays: { rows: [[1, 'a', { of: [1] }]] }, objects: [{ id: 1, json: { of: [1] }, born: new Date(5) }], hidden: [hidden([1, 'a'])] };
    for (const [key, response] of Object.entries(responses)) await select(cache, key, structuredClone(response));
    await cache.put('hidden', responses.hidden, ['t'], false);
    for (let round = 0; round < 5; round++) {
      for (const [key, response] of Object.entries(responses)) {
        const found = (await select(cache, key, undefined)) as any;
        expect(found).toEqual(response);
        const [row] = found.rows ?? found;
        (row.json ?? row[2]).of.push('mine');
        row.born?.setFullYear(1970);
        (found.rows ?? found).push('mine');
      }
    }
  });

  it('a result with functions, as node-postgres has it, comes back without them; what is equal by chance stays apart', () => {
    class Result {
      rows = [[1, new Map([['a', 1]])]];
      fields = [{ name: 'id', format: 'text' }];
      _parsers = [(text: string) => Number(text)];
      RowCtor = null;
      parse() {}
    }
    expect(restore(keep(new Result()))).toEqual({
      rows: [[1, new Map([['a', 1]])]],
      fields: [{ name: 'id', format: 'text' }],
      _parsers: [undefined],
      RowCtor: null,
    });
    const uneven = [1, 2].map((n) => Object.defineProperty({ [`only${n}`]: n }, 0, { value: n }));
    const back = restore(keep(uneven));
    expect(back.map((row: unknown[]) => [Object.keys(row), row[0]])).toEqual([
      [['only1'], 1],
      [['only2'], 2],
    ]);
  });

  it('such rows inside a result, and Maps in their cells, come back as well', () => {
    const row = (cell: unknown) => Object.defineProperties({ cell }, { 0: { value: cell }, length: { value: 1 } });
    const kept = keep({ columns: ['cell'], rows: [row(1), row(2)], map: new Map([['map', 1]]), empty: [] });
    expect(restore(kept)).toEqual(restore(kept));
    const back = restore(keep({ columns: ['cell'], rows: [row(1), row(2)], empty: [] }));
    expect(back).toEqual({ columns: ['cell'], rows: [{ cell: 1 }, { cell: 2 }], empty: [] });
    expect(back.rows.map((one: unknown[]) => [one[0], one.length])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const [cell] = restore(keep([row(new Map([['rows', 1]]))]));
    expect([cell[0], cell.cell]).toEqual([new Map([['rows', 1]]), new Map([['rows', 1]])]);
  });

  it('what needs no care is kept as it is; what holds itself does so again', () => {
    const plain = [{ id: 1, at: new Date(0), bytes: Buffer.from('x'), big: 1n, none: undefined }];
    expect(keep(plain)).toEqual({ value: plain });
    expect(keep(plain).value).toBe(plain);
    const cyclic: Record<string, unknown> = { run: () => 1, list: [] };
    cyclic.self = cyclic;
    const kept = keep(cyclic);
    const back = restore(kept);
    expect(back.self).toBe(back);
    expect(restore(kept)).toEqual(back);
    expect(Object.keys(back)).toEqual(['list', 'self']);
  });
});

describe('expiry', () => {
  const now = Date.now();
  const at = (config: object, there?: number) => {
    vi.useFakeTimers({ toFake: ['Date'], now });
    return expiryOf(config, { ex: 60 }, () => there);
  };

  it.each([
    [{}, undefined, now + 60_000],
    [{ ex: 1 }, undefined, now + 1000],
    [{ px: 1.5 }, undefined, now + 1.5],
    [{ ex: Number.POSITIVE_INFINITY }, undefined, Number.POSITIVE_INFINITY],
    [{ exat: Math.ceil(now / 1000) + 1 }, undefined, (Math.ceil(now / 1000) + 1) * 1000],
    [{ pxat: now + 5 }, undefined, now + 5],
    [{ pxat: now }, undefined, undefined],
    [{ ex: -1 }, undefined, undefined],
    [{ ex: 1, keepTtl: true }, now + 5000, now + 5000],
    [{ ex: 1, keepTtl: true }, undefined, now + 1000],
    [{ ex: 1, hexOptions: 'nx' }, now + 5000, now + 5000],
    [{ ex: 1, hexOptions: 'NX' }, Number.POSITIVE_INFINITY, now + 1000],
    [{ ex: 1, hexOptions: 'XX' }, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [{ ex: 9, hexOptions: 'GT' }, now + 5000, now + 9000],
    [{ ex: 1, hexOptions: 'GT' }, now + 5000, now + 5000],
    [{ ex: 1, hexOptions: 'LT' }, now + 5000, now + 1000],
    [{ ex: 9, hexOptions: 'LT' }, now + 5000, now + 5000],
    [{ ex: 1, hexOptions: 'XX' }, now + 5000, now + 1000],
    [{ ex: 1, hexOptions: 'GT' }, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [{ ex: 1, hexOptions: 'LT' }, Number.POSITIVE_INFINITY, now + 1000],
    [{ ex: 1, hexOptions: 'NX' }, undefined, now + 1000],
    [{ ex: 1, hexOptions: 'XX' }, undefined, now + 1000],
  ])('%j over an entry that expires at %s', (config, there, expected) => {
    expect(at(config, there)).toBe(expected);
  });

  it('what is no number is refused', () => {
    for (const config of [{ ex: Number.NaN }, { px: '5' }, { exat: null }]) expect(() => at(config)).toThrow(RangeError);
  });
});

describe('versions', () => {
  it('what is read while a write may not be committed yet is not kept; afterwards it is', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const cache = cacheOf({ settle: 100 });
    expect(await select(cache, 'k', ['old'])).toEqual(['old']);
    await cache.onMutate({ tables: 't' });
    vi.setSystemTime(Date.now() + 99);
    expect(await select(cache, 'k', ['maybe'])).toEqual(['maybe']);
    expect(await select(cache, 'other', ['kept'], ['u'])).toEqual(['kept']);
    vi.setSystemTime(Date.now() + 1);
    expect(await select(cache, 'k', ['new'])).toEqual(['new']);
    expect(await select(cache, 'k', ['never'])).toEqual(['new']);
    // A clock that was set back by an hour.
    await cache.onMutate({ tables: 't' });
    vi.setSystemTime(Date.now() - 3_600_000);
    await select(cache, 'k', ['kept again']);
    expect(await select(cache, 'k', ['never'])).toEqual(['kept again']);
  });

  it('two caches on one file, and a cache made anew, see each other’s writes', async () => {
    const file = path();
    const [one, other] = [cacheOf({ path: file }), cacheOf({ path: file })];
    await select(one, 'k', ['old']);
    expect(await select(other, 'k', ['never'])).toEqual(['old']);
    await other.onMutate({ tables: ['t'] });
    expect(await select(one, 'k', ['new'])).toEqual(['new']);
    one.close();
    other.close();
    expect(await select(cacheOf({ path: file }), 'k', ['never'])).toEqual(['new']);
  });

  it('rows of a version that was lost never come back', async () => {
    const file = path();
    const cache = cacheOf({ path: file });
    await select(cache, 'k', ['old']);
    const store = openStore(file);
    for (const key of [...store.keys({ prefix: 'drizzle:v' })]) store.delete(key);
    expect(await select(cache, 'k', ['new'])).toEqual(['new']);
    store.close();
  });

  it('names a table as Drizzle does: with its schema, by the name before a prefix', async () => {
    const cache = cacheOf();
    const tables = [
      pgTable('plain', { a: text() }),
      pgSchema('shop').table('orders', { a: text() }),
      pgTableCreator((name) => `app_${name}`)('users', { a: text() }),
    ];
    const names = ['plain', 'shop.orders', 'users'];
    for (const [i, table] of tables.entries()) {
      for (const name of names) await select(cache, name, [1], [name]);
      await cache.onMutate({ tables: table });
      const missed: string[] = [];
      for (const name of names) if ((await cache.get(name, [name], false, true)) === undefined) missed.push(name);
      expect(missed).toEqual([names[i]]);
      await cache.clear();
    }
    await expect(cache.onMutate({ tables: {} as never })).rejects.toThrow(TypeError);
  });

  it('a tag reaches the entries of Drizzle 1, which has the way they are run before it', async () => {
    const cache = cacheOf();
    for (const key of ['all_people', 'get_people', 'all_others']) await select(cache, key, [key], [], true);
    await cache.onMutate({ tags: 'people' });
    const get = (key: string) => cache.get(key, [], true, false);
    expect([await get('all_people'), await get('get_people'), await get('all_others')]).toEqual([undefined, undefined, ['all_others']]);
  });

  it('a put without its get is not kept: nobody knows from when its rows are', async () => {
    const cache = cacheOf();
    await cache.put('k', [1], ['t'], false);
    await cache.get('k', ['t'], false, true);
    await cache.put('other', [1], ['t'], false);
    expect(await cache.get('k', ['t'], false, true)).toBeUndefined();
    expect(await cache.get('other', ['t'], false, true)).toBeUndefined();
  });
});

describe('hostile', () => {
  it('every tag names an entry of its own, those longer than a key may be too', async () => {
    const cache = cacheOf();
    const tags = [...hostileKeys, 'x'.repeat(65_537), `${'x'.repeat(65_537)}y`];
    for (const tag of tags) await select(cache, tag, [tag], [], true);
    for (const tag of tags) expect(await cache.get(tag, [], true, false)).toEqual([tag]);
    for (const [i, tag] of tags.entries()) {
      await cache.onMutate({ tags: tag });
      for (const [j, other] of tags.entries()) expect(await cache.get(other, [], true, false)).toEqual(j > i ? [other] : undefined);
    }
  });

  it('null and NaN come back, undefined is not kept, functions are left out, and 100 MB are kept', async () => {
    const cache = cacheOf();
    await select(cache, 'null', null);
    await select(cache, 'NaN', [Number.NaN]);
    await select(cache, 'undefined', undefined);
    await select(cache, 'function', () => 1);
    await select(cache, 'within', [{ run: () => 1, a: Symbol('s'), b: 1 }]);
    const get = (key: string) => cache.get(key, ['t'], false, true);
    expect(await get('null')).toBeNull();
    expect(await get('NaN')).toEqual([Number.NaN]);
    expect(await get('undefined')).toBeUndefined();
    expect(await get('function')).toBeUndefined();
    expect(await get('within')).toEqual([{ b: 1 }]);
    const large = 'mapstone'.repeat(2 ** 20 * 12.5);
    await select(cache, 'large', [large]);
    expect((await get('large'))?.[0] === large).toBe(true);
    expect(await get('NaN')).toEqual([Number.NaN]);
  });

  it('options that are none are refused, with a code or a name', () => {
    expect(() => cacheOf({ settle: Number.NaN })).toThrow(RangeError);
    expect(() => cacheOf({ settle: -1 })).toThrow(/settle/);
    expect(() => cacheOf({ namespace: 'a:b' })).toThrow(/namespace/);
    expect(() => cacheOf().watch({})).toThrow(TypeError);
    expect(() => cacheOf({ maxsize: 1 } as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });
});

describe('conformance', () => {
  conformance(
    {
      test,
      without: ['has', 'keys'],
      open(file, options) {
        const cache = mapstoneCache({ path: file, settle: 0, ...options });
        const tagged = (key: string) => cache.get(key, [], true, false);
        return {
          get: tagged,
          // Drizzle puts only what it did not get.
          async set(key, value, ttl) {
            await cache.onMutate({ tags: key });
            await tagged(key);
            await cache.put(key, value, [], true, { px: ttl ?? Number.POSITIVE_INFINITY });
          },
          delete: (key) => cache.onMutate({ tags: key }),
          clear: () => cache.clear(),
          close: () => cache.close(),
        };
      },
    },
    // Not 'hostile', where a refused set leaves the old entry: here that was invalidated before.
    ['works', 'closed', 'reopened', 'expired', 'concurrent', 'full'],
  );
});
