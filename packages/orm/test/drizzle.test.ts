// Drizzle's cache under real Drizzle, on PGlite and on libsql.
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { type DrizzleCacheOptions, type MapstoneCache, mapstoneCache } from '../src/drizzle.js';
import { type Any, closeAll, fill, hosts, type Opened, PHOTO, SEEN } from './support/drizzle.js';

const path = tempPaths();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(closeAll);

function cacheOf(options: Partial<DrizzleCacheOptions> = {}): MapstoneCache {
  // All goes through one connection.
  const cache = mapstoneCache({ path: path(), settle: 0, ...options });
  closing.push(() => cache.close());
  return cache;
}

describe.each(hosts)('$label', ({ open }) => {
  const opened = async (options: Partial<DrizzleCacheOptions> = {}, filled = true) => {
    const one = await open(cacheOf(options));
    closing.push(one.close);
    if (filled) await fill(one);
    return one;
  };
  /** How many selects reach the database. */
  const cost = async (one: Opened, query: () => Promise<unknown>) => {
    const before = one.selects();
    await query();
    return one.selects() - before;
  };

  it('rows come back whole: dates, bytes, JSON, bigints, nulls', async () => {
    const one = await opened();
    const { db, users, selects } = one;
    const query = () => db.select().from(users).orderBy(users.id).$withCache();
    const first = await query();
    const second = await query();
    expect(selects()).toBe(1);
    expect(second).toEqual(first);
    expect(second[0]).toEqual({ id: 1, name: 'Ada', seen: SEEN, photo: PHOTO, notes: { of: ['the engine'] }, big: 2n ** 62n });
    expect(second[0].seen.getTime()).toBe(SEEN.getTime());
    expect(second[1]).toEqual({ id: 2, name: 'Nobody', seen: null, photo: null, notes: null, big: null });
  });

  it('joins, parts of rows, expressions and columns of one name', async () => {
    const { db, users, posts, selects, eq, sql } = await opened();
    const queries = [
      () => db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)).orderBy(users.id).$withCache(),
      () => db.select({ a: users.id, b: posts.id, c: users.id }).from(users).innerJoin(posts, eq(posts.userId, users.id)).$withCache(),
      () =>
        db
          .select({ id: users.id, id2: posts.id, n: sql`count(*)`.mapWith(Number) })
          .from(users)
          .innerJoin(posts, eq(posts.userId, users.id))
          .groupBy(users.id, posts.id)
          .$withCache(),
      () => db.select({ name: users.name }).from(users).where(eq(users.id, 99)).$withCache(),
    ];
    for (const query of queries) expect(await query()).toEqual(await query());
    expect(await queries[1]()).toEqual([{ a: 1, b: 1, c: 1 }]);
    expect(selects()).toBe(queries.length);
  });

  it('only what asks is cached, or with `global` all that does not refuse', async () => {
    const explicit = await opened();
    const from = ({ db, users }: Opened) => db.select().from(users);
    expect(await cost(explicit, () => from(explicit))).toBe(1);
    expect(await cost(explicit, () => from(explicit))).toBe(1);
    const global = await opened({ global: true });
    expect(await cost(global, () => from(global))).toBe(1);
    expect(await cost(global, () => from(global))).toBe(0);
    expect(await cost(global, () => from(global).$withCache(false))).toBe(1);
  });

  it('a write makes every query on its table a miss, and no other', async () => {
    const one = await opened();
    const { db, users, posts, eq } = one;
    const ofUsers = () => db.select().from(users).$withCache();
    const ofPosts = () => db.select().from(posts).$withCache();
    const ofBoth = () => db.select().from(users).innerJoin(posts, eq(posts.userId, users.id)).$withCache();
    const costs = async () => [await cost(one, ofUsers), await cost(one, ofPosts), await cost(one, ofBoth)];
    expect(await costs()).toEqual([1, 1, 1]);
    expect(await costs()).toEqual([0, 0, 0]);
    await db.insert(posts).values({ id: 2, userId: 1, title: 'More' });
    expect(await ofBoth()).toHaveLength(2);
    expect(await costs()).toEqual([0, 1, 0]);
    await db.update(users).set({ name: 'Augusta' }).where(eq(users.id, 1));
    expect((await ofUsers()).map(({ name }: { name: string }) => name)).toContain('Augusta');
    expect(await costs()).toEqual([0, 0, 1]);
    await db.delete(posts);
    expect(await ofBoth()).toEqual([]);
    expect(await costs()).toEqual([0, 1, 0]);
  });

  it('watch(): wherever a query reads a table, a write to it makes the query a miss', async () => {
    const cache = cacheOf();
    const one = await open(cache);
    closing.push(one.close);
    await fill(one);
    const { users, posts, eq, sql } = one;
    const db = cache.watch(one.db);
    const ids = () => db.select({ id: users.id }).from(users).where(eq(users.name, 'Ada'));
    const cte = db.$with('ada').as(ids());
    const queries: Record<string, () => Any> = {
      condition: () => db.select({ t: posts.title }).from(posts).where(sql`${posts.userId} in ${ids()}`),
      column: () => db.select({ t: sql`(select ${posts.title} from ${users} where ${users.name} = 'Ada')` }).from(posts),
      count: () => db.select({ n: db.$count(users, eq(users.name, 'Ada')) }).from(posts),
      cte: () => db.with(cte).select().from(cte),
      union: () =>
        db
          .select({ t: posts.title })
          .from(posts)
          .where(eq(posts.id, 0))
          .union(db.select({ t: users.name }).from(users).where(eq(users.name, 'Ada'))),
      raw: () => db.select({ t: sql`name` }).from(sql`users`).where(sql`name = 'Ada'`),
    };
    for (const [name, query] of Object.entries(queries)) {
      await db.update(users).set({ name: 'Ada' }).where(eq(users.id, 1));
      const before = await query().$withCache();
      expect([name, await cost(one, () => query().$withCache())]).toEqual([name, 0]);
      await db.update(users).set({ name: 'Augusta' }).where(eq(users.id, 1));
      expect([name, await query().$withCache()]).not.toEqual([name, before]);
    }
  });

  it('invalidate() by table, given as it is or by name, and by tag', async () => {
    const one = await opened();
    const { db, users, posts, eq } = one;
    const plain = () => db.select().from(users).$withCache();
    const tagged = () => db.select().from(users).$withCache({ tag: 'people' });
    const other = () => db.select().from(posts).$withCache({ tag: 'a:b/../\0' });
    const loose = () => db.select().from(users).where(eq(users.id, 1)).$withCache({ tag: 'loose', autoInvalidate: false });
    const costs = async () => [await cost(one, plain), await cost(one, tagged), await cost(one, other), await cost(one, loose)];
    expect(await costs()).toEqual([1, 1, 1, 1]);
    expect(await costs()).toEqual([0, 0, 0, 0]);
    await db.$cache.invalidate({ tables: users });
    expect(await costs()).toEqual([1, 1, 0, 0]);
    await db.$cache.invalidate({ tables: ['users', posts] });
    expect(await costs()).toEqual([1, 1, 1, 0]);
    await db.$cache.invalidate({ tags: 'people' });
    expect(await costs()).toEqual([0, 1, 0, 0]);
    await db.$cache.invalidate({ tags: ['a:b/../\0', 'loose'] });
    expect(await costs()).toEqual([0, 0, 1, 1]);
    await db.insert(users).values({ id: 3, name: 'New' });
    expect(await costs()).toEqual([1, 1, 0, 0]);
    await db.$cache.invalidate({ tables: [], tags: [] });
    await db.$cache.invalidate({});
    expect(await costs()).toEqual([0, 0, 0, 0]);
  });

  it('is there after a restart', async () => {
    const file = path();
    const before = await opened({ path: file });
    const ask = ({ db, users }: Opened) => db.select().from(users).orderBy(users.id).$withCache();
    const found = await ask(before);
    for (const close of closing.splice(0).reverse()) await close();
    const after = await opened({ path: file }, false);
    expect(await ask(after)).toEqual(found);
    expect(after.selects()).toBe(0);
  });

  it('an entry holds for as long as its query, or the cache, says', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const one = await opened({ config: { px: 2000 } });
    const { db, users, eq } = one;
    const queries = [undefined, { ex: 1 }, { px: 3000 }, { exat: Math.floor(Date.now() / 1000) + 5 }, { pxat: Date.now() + 7000 }, { ex: 0 }].map(
      (config, i) => () =>
        db
          .select()
          .from(users)
          .where(eq(users.id, i))
          .$withCache(config ? { config } : {}),
    );
    const start = Date.now();
    const costsAt = async (ms: number) => {
      vi.setSystemTime(start + ms);
      return Promise.all(queries.map(async (query) => query())).then(() => undefined);
    };
    const missesAt = async (ms: number) => {
      const before = one.selects();
      await costsAt(ms);
      return one.selects() - before;
    };
    expect(await missesAt(0)).toBe(6);
    expect(await missesAt(0)).toBe(1); // ex: 0 is never kept
    expect(await missesAt(999)).toBe(1);
    expect(await missesAt(1001)).toBe(2);
    expect(await missesAt(1999)).toBe(1);
    expect(await missesAt(2002)).toBe(3); // px: 2000, and ex: 1 again
  });

  it('a select that races a write never leaves old rows behind', async () => {
    const one = await opened({}, false);
    const { db, users } = one;
    const query = () => db.select({ id: users.id }).from(users).$withCache();
    const prepared = db.select({ id: users.id }).from(users).$withCache({ tag: 'prepared' }).prepare('all_users');
    const ask = prepared.execute ? () => prepared.execute() : () => prepared.all();
    for (let i = 1; i <= 30; i++) {
      // In any order, and several of them at once.
      const write = () => db.insert(users).values({ id: i, name: `user ${i}` });
      const steps = i % 3 === 0 ? [query, write, query, ask] : i % 3 === 1 ? [write, query, ask, query] : [query, ask, ask, write];
      await Promise.all(steps.map((step) => step()));
      expect(await query()).toHaveLength(i);
      expect(await ask()).toHaveLength(i);
    }
    // It is cached all the same, when nothing is being written.
    expect(await cost(one, query)).toBe(0);
    expect(await cost(one, ask)).toBe(0);
  });

  it('what is read while another write goes on is told apart from what was read before, for one query asked twice', async () => {
    const cache = cacheOf();
    const tables = ['users'];
    const rows = (n: number) => Array.from({ length: n }, (_, id) => [id]);
    // As a driver with many connections has it: the first select reads before the write and answers after the second.
    let answer: (rows: unknown[]) => void = () => {};
    const select = async (read: () => Promise<unknown[]>) => {
      const found = await cache.get('key', tables, false, true);
      if (found) return found;
      const response = await read();
      await cache.put('key', response, tables, false);
      return response;
    };
    const slow = select(() => new Promise((resolve) => (answer = resolve)));
    await cache.onMutate({ tables: 'users' });
    const quick = await select(async () => rows(2));
    answer(rows(1));
    await slow;
    expect(quick).toEqual(rows(2));
    expect(await select(async () => [])).toEqual(rows(2));
  });

  it('watch(): what is read before a slow write is committed does not outlive it', async () => {
    const cache = cacheOf();
    const one = await open(cache);
    closing.push(one.close);
    await fill(one);
    const { users, slow } = one;
    const db = cache.watch(one.db);
    const query = () => db.select().from(users).$withCache();
    let commit = () => {};
    slow.until = new Promise((resolve) => {
      commit = resolve;
    });
    const write = db.insert(users).values({ id: 3, name: 'New' }).execute();
    expect(await query()).toHaveLength(2);
    expect(await query()).toHaveLength(2);
    commit();
    await write;
    expect(await query()).toHaveLength(3);
    expect(await cost(one, query)).toBe(0);
  });

  it('watch(): a transaction reads what it wrote, keeps none of it, and is seen when it is committed', async () => {
    const cache = cacheOf({ global: true });
    const one = await open(cache);
    closing.push(one.close);
    await fill(one);
    const { users, eq } = one;
    const db = cache.watch(one.db);
    const query = (of = db) => of.select({ id: users.id }).from(users).where(eq(users.name, 'New'));
    expect(await query()).toEqual([]);
    await expect(
      db.transaction(async (tx: any) => {
        await tx.insert(users).values({ id: 3, name: 'New' });
        expect(await query(tx)).toEqual([{ id: 3 }]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await query()).toEqual([]);
    await db.transaction(async (tx: any) => {
      await tx.insert(users).values({ id: 4, name: 'New' });
      await tx.transaction(async (nested: any) => {
        await nested.insert(users).values({ id: 5, name: 'New' });
        expect(await query(nested)).toHaveLength(2);
      });
    });
    expect(await query()).toEqual([{ id: 4 }, { id: 5 }]);
    expect(await cost(one, () => query())).toBe(0);
  });
});
