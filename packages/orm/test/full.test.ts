// A cache in a file that may not grow any more, whatever fills it: queries go on, and what was written is seen.
import { openStore, type Store } from '@mapstone/engine';
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { type DrizzleCacheOptions, type MapstoneCache, mapstoneCache } from '../src/drizzle.js';
import { MapstoneResultCache } from '../src/mikro-orm.js';
import { mapstoneCache as typeormCache } from '../src/typeorm.js';
import { closeAll, hosts, type Opened } from './support/drizzle.js';
import { hosts as mikroHosts, openAuthors } from './support/mikro-orm.js';

const SMALL = { maxSize: 2 ** 20, segmentSize: 2 ** 16 };
const path = tempPaths();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(closeAll);

/** Another program's entries, until no more go in. */
function fillUp(file: string): Store {
  const store = openStore(file, SMALL);
  closing.push(() => store.close());
  expect(() => {
    for (let i = 0; ; i++) store.set(`other:${i}`, Buffer.alloc(10_000));
  }).toThrow(expect.objectContaining({ code: 'ERR_STORE_FULL' }));
  return store;
}

describe.each(hosts)('$label', { timeout: 60_000 }, ({ open }) => {
  async function opened(options: Partial<DrizzleCacheOptions> = {}): Promise<Opened & { cache: MapstoneCache; file: string }> {
    const file = path();
    const cache = mapstoneCache({ path: file, settle: 0, ...SMALL, ...options });
    closing.push(() => cache.close());
    const one = await open(cache);
    closing.push(one.close);
    return { ...one, cache, file };
  }

  it('a tag for each row, of which each has a version: it makes room for itself, and each is cached when it is new', async () => {
    const { db, users, selects, eq, file } = await opened();
    // Versions alone, without the entries, are more than the file.
    const find = (i: number) =>
      db
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, i))
        .$withCache({ tag: `${'user'.repeat(240)}:${i}`, config: { ex: i % 2 } });
    for (let i = 0; i < 1500; i++) expect(await find(i)).toEqual([]);
    const before = selects();
    // But for the one, if any, for which the cache was emptied.
    for (let i = 1501; i < 1520; i += 2) await Promise.resolve(find(i)).then(() => find(i));
    expect(selects() - before).toBeLessThanOrEqual(11);
    const store = openStore(file, SMALL);
    expect(store.stats().fileSize).toBeLessThanOrEqual(SMALL.maxSize);
    store.close();
  });

  it('emptied, it still knows who is writing', async () => {
    const { db, users, cache, file, slow } = await opened();
    cache.watch(db);
    const find = () => db.select({ id: users.id }).from(users).$withCache();
    let commit = () => {};
    slow.until = new Promise((resolve) => {
      commit = resolve;
    });
    await find();
    const write = db.insert(users).values({ id: 1, name: 'Ada' }).execute();
    const store = openStore(file, SMALL);
    closing.push(() => store.close());
    const marks = () => [...store.entries({ prefix: 'drizzle:v' })];
    const before = marks();
    for (let i = 0; i < 100; i++) {
      await cache.get(`${i}`, [], false, true);
      await cache.put(`${i}`, [Buffer.alloc(20_000)], [], false);
    }
    await cache.clear();
    // Drizzle 1 tells only when the write is over.
    if (before.some(([, version]) => `${version}`.includes(' '))) expect(marks()).toEqual(before);
    commit();
    await write;
    expect(await find()).toEqual([{ id: 1 }]);
    await cache.clear();
    expect(marks()).toEqual([]);
  });

  it('filled by another program, it keeps what goes in and fails nothing; with room again it keeps all', async () => {
    const { db, users, selects, file } = await opened();
    const find = () => db.select({ name: users.name }).from(users).$withCache();
    const store = fillUp(file);
    for (let i = 1; i <= 3; i++) {
      await db.insert(users).values({ id: i, name: 'x'.repeat(100_000) });
      for (let j = 1; j <= 2; j++) expect(await find()).toHaveLength(i);
      expect(selects()).toBe(2 * i);
      await db.$cache.invalidate({ tags: ['any'], tables: users });
    }
    store.clear({ prefix: 'other:' });
    await find();
    await find();
    expect(selects()).toBe(7);
  });

  it('a version goes when no entry has it any more, and not before', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { db, users, selects, eq, file } = await opened();
    const find = (id: number, config: object) =>
      db
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, id))
        .$withCache({ tag: `user:${id}`, config });
    await find(1, { ex: 60 });
    await find(2, { ex: 5 * 3600 });
    vi.setSystemTime(Date.now() + 4 * 3_600_000);
    const store = openStore(file, SMALL);
    closing.push(() => store.close());
    // Drizzle 1 has a tag of its own for each way a query is run.
    const versions = () => [...store.keys({ prefix: 'drizzle:v' })].filter((key) => !key.includes('=gall_')).sort();
    expect(versions()).toEqual(['drizzle:v=guser:2', 'drizzle:v=tusers']);
    await find(2, {});
    expect(selects()).toBe(2);
    vi.setSystemTime(Date.now() + 3 * 3_600_000);
    expect(versions()).toEqual([]);
  });
});

describe('TypeORM', () => {
  it('a result that is larger than the file is not kept, and fails nothing', async () => {
    const User = new EntitySchema<{ id: number; name: string }>({ name: 'User', columns: { id: { type: 'integer', primary: true }, name: { type: 'text' } } });
    const cache = { provider: typeormCache({ path: path(), ...SMALL }) };
    const source = new DataSource({ type: 'sqljs', entities: [User], synchronize: true, cache });
    await source.initialize();
    closing.push(() => source.destroy());
    const users = source.getRepository(User);
    for (let i = 1; i <= 3; i++) {
      await users.insert({ id: i, name: 'x'.repeat(SMALL.maxSize) });
      expect(await users.find({ cache: true })).toHaveLength(i);
    }
  });
});

describe('MikroORM', () => {
  it('a result that is larger than the file is not kept, and fails nothing', async () => {
    const host = await mikroHosts[0].load();
    const resultCache = { adapter: MapstoneResultCache, expiration: 60_000, options: { path: path(), ...SMALL } };
    const { orm, Author, selects } = await openAuthors(host, { resultCache });
    closing.push(() => orm.close(true));
    await orm.em.fork().insert(Author, { id: 3, name: 'x'.repeat(SMALL.maxSize) });
    for (let i = 1; i <= 3; i++) {
      expect(await orm.em.fork().find(Author, {}, { cache: true })).toHaveLength(3);
      expect(selects()).toBe(i);
    }
  });
});
