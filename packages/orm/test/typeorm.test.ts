// TypeORM's query result cache under real TypeORM, 1 and 0.3, on sql.js.
import { copyFileSync } from 'node:fs';
import { conformance } from '@mapstone/conformance';
import { openStore } from '@mapstone/engine';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneQueryResultCache, mapstoneCache } from '../src/typeorm.js';
import { hosts, type Opened, openUsers } from './support/typeorm.js';

const path = tempPaths();
const opened: Opened[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const { source } of opened.splice(0)) if (source.isInitialized) await source.destroy();
});

describe.each(hosts)('$label', ({ typeorm }) => {
  const open = async (names: string[], cache: object, more?: object) => {
    const one = await openUsers(typeorm, cache, names, more);
    opened.push(one);
    return one;
  };
  const namesOf = (found: { name: string }[]) => found.map(({ name }) => name);

  it('answers from the cache, Dates of the entity included, and after a restart, when the database is another', async () => {
    const file = path();
    const provider = mapstoneCache(file);
    const before = await open(['Ada', 'Grace'], { provider, duration: 60_000 });
    const first = await before.users.find({ cache: true, order: { id: 'ASC' } });
    const second = await before.users.find({ cache: true, order: { id: 'ASC' } });
    expect(before.selects()).toBe(1);
    expect(second).toEqual(first);
    expect(second[1].born).toEqual(new Date(1000));
    await before.source.destroy();

    const after = await open(['other'], { provider, duration: 60_000 });
    expect(namesOf(await after.users.find({ cache: true, order: { id: 'ASC' } }))).toEqual(['Ada', 'Grace']);
    expect(after.selects()).toBe(0);
    expect(namesOf(await after.users.find())).toEqual(['other']);
  });

  it('another query, and other parameters, are other entries', async () => {
    const { users, selects } = await open(['Ada', 'Grace'], { provider: mapstoneCache(path()), duration: 60_000 });
    expect(namesOf(await users.find({ where: { name: 'Ada' }, cache: true }))).toEqual(['Ada']);
    expect(namesOf(await users.find({ where: { name: 'Grace' }, cache: true }))).toEqual(['Grace']);
    expect(await users.countBy({ name: 'Ada' })).toBe(1);
    expect(await users.findAndCount({ cache: true })).toEqual(await users.findAndCount({ cache: true }));
    expect(selects()).toBe(4);
  });

  it('a result holds for its duration, that of the query before that of the DataSource', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { users, selects } = await open(['Ada'], { provider: mapstoneCache(path()), duration: 1000 });
    for (const [cache, duration] of [
      [true, 1000],
      [5000, 5000],
      [{ id: 'named', milliseconds: 7000 }, 7000],
    ] as const) {
      const before = selects();
      await users.find({ cache });
      vi.setSystemTime(Date.now() + duration - 1);
      await users.find({ cache });
      expect(selects() - before).toBe(1);
      vi.setSystemTime(Date.now() + 2);
      await users.find({ cache });
      expect(selects() - before).toBe(2);
      vi.setSystemTime(Date.now() + 10_000);
    }
  });

  it('remove() takes the ids given and nothing else, clear() takes all of this cache and nothing of another', async () => {
    const file = path();
    const { users, source, selects } = await open(['Ada'], { provider: mapstoneCache(file), duration: 60_000 });
    const other = await open(['Grace'], { provider: mapstoneCache({ path: file, namespace: 'other' }), duration: 60_000 });
    const find = (id: string, of = users) => of.find({ cache: { id, milliseconds: 60_000 } });
    for (const id of ['a', 'b', 'a:b', '']) await find(id);
    await find('a', other.users);
    expect(selects()).toBe(4);
    await source.queryResultCache.remove(['a', 'never']);
    for (const id of ['a', 'b', 'a:b', '']) await find(id);
    expect(selects()).toBe(5);
    await source.queryResultCache.clear();
    for (const id of ['a', 'b', 'a:b', '']) await find(id);
    expect(selects()).toBe(9);
    await find('a', other.users);
    expect(other.selects()).toBe(1);
  });

  it('ids that hurt, and queries longer than a key may be, are entries like any other', async () => {
    const { users, selects } = await open(['Ada', 'Grace'], { provider: mapstoneCache(path()), duration: 60_000 });
    const ids = ['a/b', '../..', 'a\0b', '\ud800', '\udc00', '__proto__', 'i=a', 'x'.repeat(65_537), `${'x'.repeat(65_537)}y`];
    for (const id of ids) await users.find({ cache: { id, milliseconds: 60_000 } });
    expect(selects()).toBe(ids.length);
    for (const id of ids) expect(await users.find({ cache: { id, milliseconds: 60_000 } })).toHaveLength(2);
    expect(selects()).toBe(ids.length);
    for (const end of ['1', '2', '1', '2']) await users.find({ where: { name: `${'Ada'.repeat(30_000)}${end}` }, cache: true });
    expect(selects()).toBe(ids.length + 2);
  });

  it('a failure of the cache fails the query, or with ignoreErrors does not', async () => {
    const file = path();
    const provider = mapstoneCache(file);
    const strict = await open(['Ada'], { provider });
    await strict.source.queryResultCache.disconnect();
    await expect(strict.users.find({ cache: true })).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    const lenient = await open(['Ada'], { provider, ignoreErrors: true });
    await lenient.source.queryResultCache.disconnect();
    expect(await lenient.users.find({ cache: true })).toHaveLength(1);
  });

  it('a DataSource that is destroyed can be initialized again; a file that does not open fails initialize()', async () => {
    const { source, users } = await open(['Ada'], { provider: mapstoneCache(path()), duration: 60_000 }, { dropSchema: false });
    await users.find({ cache: true });
    await source.destroy();
    await source.initialize();
    expect(namesOf(await users.find({ cache: true }))).toEqual(['Ada']);
    await expect(open([], { provider: mapstoneCache('/nowhere/cache') })).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
  });
});

describe('by itself', () => {
  it('gives back the entry as it was stored, with its time', async () => {
    const cache = new MapstoneQueryResultCache(path());
    await cache.connect();
    const entry = { identifier: 'id', query: 'SELECT 1', time: Date.now(), duration: 60_000, result: '[]' };
    await cache.storeInCache(entry, undefined);
    expect(await cache.getFromCache({ identifier: 'id', query: 'SELECT 1', duration: 5 })).toEqual(entry);
    expect(await cache.getFromCache({ query: 'SELECT 1', duration: 5 })).toBeUndefined();
    expect(cache.isExpired(entry)).toBe(false);
    expect(cache.isExpired({ ...entry, time: entry.time - 60_001 })).toBe(true);
    await cache.disconnect();
    await expect(cache.getFromCache(entry)).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });

  it('takes an id that is empty for none, and one that reads like a query for no query', async () => {
    const cache = new MapstoneQueryResultCache(path());
    const entry = { identifier: '', query: 'SELECT 1', duration: 60_000, result: '[1]' };
    await cache.storeInCache(entry, undefined);
    await cache.storeInCache({ ...entry, identifier: 'SELECT 1', result: '[2]' }, undefined);
    expect(await cache.getFromCache({ query: 'SELECT 1', duration: 0 })).toMatchObject({ result: '[1]' });
    await cache.remove(['', 'another']);
    expect(await cache.getFromCache(entry)).toMatchObject({ result: '[1]' });
  });

  it('refuses what is no result, and keeps the one before', async () => {
    const cache = new MapstoneQueryResultCache(path());
    const entry = { identifier: 'id', duration: 60_000, result: '[1]' };
    await cache.storeInCache(entry, undefined);
    for (const result of [undefined, null, Number.NaN, { a: 1 }, () => 1]) {
      await expect(cache.storeInCache({ ...entry, result }, undefined)).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID' });
    }
    await expect(cache.storeInCache({ ...entry, duration: Number.NaN }, undefined)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    expect(await cache.getFromCache(entry)).toMatchObject({ result: '[1]' });
  });

  it('a namespace with a colon, and an option that is none, are refused', async () => {
    expect(() => new MapstoneQueryResultCache({ path: path(), namespace: 'a:b' })).toThrow(/namespace/);
    await expect(new MapstoneQueryResultCache({ path: path(), maxsize: 1 } as any).connect()).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
  });

  it('is empty after a power cut, which would bring back what was removed since the last flush; others’ entries stay', async () => {
    const [file, ...copies] = [path(), path(), path()];
    const cache = new MapstoneQueryResultCache(file);
    const entry = { identifier: 'id', duration: 60_000, result: '[]' };
    await cache.storeInCache(entry, undefined);
    const store = openStore(file);
    store.set('mine', 1);
    await store.flush();
    // A copy of an open file opens as after a power cut.
    for (const copy of copies) copyFileSync(file, copy);
    const plain = openStore(copies[0]);
    expect(plain.stats().recovery).toBe('power-cut');
    expect([...plain.keys()]).toContain('typeorm:i=id');
    const after = new MapstoneQueryResultCache(copies[1]);
    expect(await after.getFromCache(entry)).toBeUndefined();
    expect([...openStore(copies[1]).keys()].sort()).toEqual(['mine', 'typeorm:s=iq']);
    expect(await cache.getFromCache(entry)).toMatchObject(entry);
  });

  it('entries of other adapters in the file stay', async () => {
    const file = path();
    const store = openStore(file);
    store.set('typeorm2:i=a', 1);
    store.set('mine', 2);
    const cache = new MapstoneQueryResultCache(file);
    await cache.storeInCache({ identifier: 'a', duration: 1000, result: '[]' }, undefined);
    await cache.clear();
    expect([...store.keys()].sort()).toEqual(['mine', 'typeorm2:i=a', 'typeorm:s=iq']);
  });
});

describe('conformance', () => {
  conformance({
    test,
    values: 'string',
    without: ['has', 'keys'],
    readsAs: (value) => {
      if (typeof value !== 'string') throw new TypeError('TypeORM has strings only');
      return value;
    },
    async open(file, options) {
      const cache = new MapstoneQueryResultCache({ path: file, ...options });
      await cache.connect();
      return {
        get: async (identifier) => (await cache.getFromCache({ identifier, duration: 0 }))?.result,
        set: (identifier, result, ttl) => cache.storeInCache({ identifier, result, duration: ttl ?? Number.POSITIVE_INFINITY }, undefined),
        delete: (identifier) => cache.remove([identifier]),
        clear: () => cache.clear(),
        close: () => cache.disconnect(),
      };
    },
  });
});
