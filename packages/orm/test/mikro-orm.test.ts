// MikroORM's result cache under real MikroORM on libsql.
import { conformance } from '@mapstone/conformance';
import { afterEach, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneResultCache } from '../src/mikro-orm.js';
import { BORN, type Host, hosts, type Opened, openAuthors } from './support/mikro-orm.js';

const path = tempPaths();
const opened: Opened[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const { orm } of opened.splice(0)) await orm.close(true);
});

describe.each(hosts)('$label', ({ skip, load }) => {
  let host: Host;
  beforeAll(async () => {
    if (!skip) host = await load();
  });
  const open = async (file: string, resultCache: object = {}) => {
    const one = await openAuthors(host, { resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path: file }, ...resultCache } });
    opened.push(one);
    return one;
  };

  it.skipIf(skip)('answers find, findOne and count from the cache; Dates, bytes, JSON and nulls come back as they are', async () => {
    const { orm, Author, selects } = await open(path());
    const ask = async () => {
      const em = orm.em.fork();
      const [ada, nobody] = await em.find(Author, {}, { cache: true, orderBy: { id: 'asc' } });
      const one = await orm.em.fork().findOne(Author, { name: 'Ada' }, { cache: true });
      return { ada, nobody, one, count: await em.count(Author, {}, { cache: true }) };
    };
    const first = await ask();
    expect(selects()).toBe(3);
    const second = await ask();
    expect(selects()).toBe(3);
    for (const { ada, nobody, one, count } of [first, second]) {
      expect(ada.born).toEqual(BORN);
      expect(ada.born).toBeInstanceOf(Date);
      expect(Buffer.from(ada.photo)).toEqual(Buffer.from([0, 255]));
      expect(ada.notes).toEqual({ of: ['the engine'] });
      expect([nobody.born, nobody.photo, nobody.notes]).toEqual([null, null, null]);
      expect(one.born).toEqual(BORN);
      expect(count).toBe(2);
    }
  });

  it.skipIf(skip)('what is cached is managed: a change of it is flushed', async () => {
    const { orm, Author } = await open(path());
    await orm.em.fork().find(Author, {}, { cache: true });
    const em = orm.em.fork();
    const [ada] = await em.find(Author, {}, { cache: true });
    ada.name = 'Augusta';
    await em.flush();
    expect((await orm.em.fork().findOne(Author, 1)).name).toBe('Augusta');
  });

  it.skipIf(skip)('each reader gets what is its own, however often it was read', async () => {
    const { orm, Author } = await open(path());
    for (let round = 0; round < 5; round++) {
      const [ada] = await orm.em.fork().find(Author, {}, { cache: true, orderBy: { id: 'asc' } });
      expect([ada.name, ada.born, ada.notes]).toEqual(['Ada', BORN, { of: ['the engine'] }]);
      ada.name = 'mine';
      ada.born.setFullYear(1970);
      ada.notes.of.push('mine');
    }
  });

  it.skipIf(skip)('nothing found is cached as well: null and an empty list', async () => {
    const { orm, Author, selects } = await open(path());
    for (let i = 0; i < 2; i++) {
      expect(await orm.em.fork().findOne(Author, { name: 'none' }, { cache: true })).toBeNull();
      expect(await orm.em.fork().find(Author, { name: 'none' }, { cache: true })).toEqual([]);
    }
    expect(selects()).toBe(2);
  });

  it.skipIf(skip)('is there after a restart, until its expiration; clearCache() takes the one named', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const file = path();
    const before = await open(file);
    await before.orm.em.fork().find(Author(before), {}, { cache: ['named', 5000] });
    await before.orm.em.fork().find(Author(before), {}, { cache: 1000 });
    await before.orm.em.fork().find(Author(before), { id: 1 }, { cache: true });
    await before.orm.close();
    const after = await open(file);
    const ask = async (where: object, cache: unknown) => {
      const count = after.selects();
      await after.orm.em.fork().find(Author(after), where, { cache });
      return after.selects() - count;
    };
    expect([await ask({}, ['named', 5000]), await ask({}, 1000), await ask({ id: 1 }, true)]).toEqual([0, 0, 0]);
    vi.setSystemTime(Date.now() + 1001);
    expect([await ask({}, ['named', 5000]), await ask({}, 1000), await ask({ id: 1 }, true)]).toEqual([0, 1, 0]);
    await after.orm.em.clearCache('named');
    expect([await ask({}, ['named', 5000]), await ask({ id: 1 }, true)]).toEqual([1, 0]);
    vi.setSystemTime(Date.now() + 60_001);
    expect([await ask({}, ['named', 5000]), await ask({ id: 1 }, true)]).toEqual([1, 1]);
  });

  it.skipIf(skip)('an ORM that is closed and connected again has its cache again', async () => {
    const { orm, Author, selects } = await open(path());
    await orm.em.fork().find(Author, {}, { cache: true });
    await orm.config.getResultCacheAdapter().close();
    await orm.em.fork().find(Author, {}, { cache: true });
    expect(selects()).toBe(1);
  });

  it.skipIf(skip)('a file that does not open fails init(), with its code', async () => {
    await expect(open('/nowhere/cache')).rejects.toMatchObject({ code: 'ERR_STORE_IO' });
  });
});

const Author = (one: Opened) => one.Author;

describe('by itself', () => {
  it('without an expiration an entry stays; one of 0 or less is none; undefined is a miss, as in MikroORM', () => {
    const cache = new MapstoneResultCache({ path: path() });
    cache.set('k', [1], '');
    expect(cache.get('k')).toEqual([1]);
    cache.set('k', [2], '', 0);
    expect(cache.get('k')).toBeUndefined();
    cache.set('k', null, '');
    expect(cache.get('k')).toBeNull();
    cache.set('k', undefined, '');
    expect(cache.get('k')).toBeUndefined();
    expect(() => cache.set('k', 1, '', Number.NaN)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
    cache.close();
  });

  it('an object of a class comes back as a plain one, bigints and undefined fields as they are', () => {
    class Point {
      x = 1n;
      y = undefined;
    }
    const cache = new MapstoneResultCache({ path: path() });
    cache.set('k', [{ at: new Point(), none: undefined }], '');
    expect(cache.get('k')).toStrictEqual([{ at: { x: 1n, y: undefined }, none: undefined }]);
    cache.close();
  });
});

describe('conformance', () => {
  conformance(
    {
      test,
      without: ['has', 'keys'],
      open(file, options) {
        const cache = new MapstoneResultCache({ path: file, ...options });
        return {
          get: (key) => cache.get(key),
          set: (key, value, ttl) => cache.set(key, value, '', ttl),
          delete: (key) => cache.remove(key),
          clear: () => cache.clear(),
          close: () => cache.close(),
        };
      },
    },
    // Not 'closed': MikroORM connects again without a word to its caches.
    ['works', 'reopened', 'expired', 'concurrent', 'hostile', 'full'],
  );
});
