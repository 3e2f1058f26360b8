// watch() under real Drizzle, with two connections to one SQLite file: whatever a select of the one reads while the other writes, it is not kept as fresh.
// Drivers whose transaction is a new session (libsql), and those that run it on the watched one (sqlite-proxy, as node-postgres with one client does).
import { type Client, createClient, type Transaction } from '@libsql/client';
import { openStore } from '@mapstone/engine';
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql';
import * as sqlite from 'drizzle-orm/sqlite-core';
import { drizzle as drizzleProxy } from 'drizzle-orm/sqlite-proxy';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { type MapstoneCache, mapstoneCache } from '../src/drizzle.js';
import type { Any } from './support/drizzle.js';

const path = tempPaths();
const databasePath = tempPaths({ check: false });
const closing: (() => unknown)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) close();
});

const drizzle0 = async () => ({ drizzle: drizzleLibsql, drizzleProxy, sqlite });
const drizzle1 = () => import(new URL('hosts/drizzle-1/host.mjs', import.meta.url).href);

const onLibsql = ({ drizzle }: Any, client: Client, cache: MapstoneCache) => drizzle({ client, cache });
/** One connection, on which Drizzle itself says `begin` and `commit`. The client takes those as calls. */
function connectionOf(client: Client): (sql: string, args: Any[]) => Promise<Any> {
  let transaction: Transaction | undefined;
  return async (sql, args) => {
    const end = { commit: () => transaction?.commit(), rollback: () => transaction?.rollback() }[sql];
    if (sql === 'begin') transaction = await client.transaction('deferred');
    else if (!end) return (transaction ?? client).execute({ sql, args });
    await end?.();
    if (end) transaction = undefined;
    return { rows: [] };
  };
}

function onProxy({ drizzleProxy }: Any, client: Client, cache: MapstoneCache) {
  const execute = connectionOf(client);
  const query = async (sql: string, args: Any[], method: string) => {
    const values = (await execute(sql, args)).rows.map((row: ArrayLike<unknown>) => Array.from(row));
    return { rows: method === 'get' ? values[0] : values };
  };
  return drizzleProxy(query, { cache });
}

function onProxy1({ drizzleProxy }: Any, client: Client, cache: MapstoneCache) {
  const run = connectionOf(client);
  const all = async (sql: string, args: Any[]) => (await run(sql, args)).rows.map((row: ArrayLike<unknown>) => Array.from(row));
  return drizzleProxy({ all, run, get: async (sql: string, args: Any[]) => (await all(sql, args))[0] }, { cache });
}

const drivers: { label: string; host: () => Promise<Any>; on: (host: Any, client: Client, cache: MapstoneCache) => Any }[] = [
  { label: 'Drizzle on libsql', host: drizzle0, on: onLibsql },
  { label: 'Drizzle on sqlite-proxy', host: drizzle0, on: onProxy },
  { label: 'Drizzle 1 on libsql', host: drizzle1, on: onLibsql },
  { label: 'Drizzle 1 on sqlite-proxy', host: drizzle1, on: onProxy1 },
];

interface Opened {
  db: Any;
  users: Any;
  /** Their ids, from the cache where it has them. */
  find: () => Promise<number[]>;
  /** Selects that reached the database. */
  selects: () => number;
  /** What statements wait for: selects after the database has answered, inserts before it is asked. */
  slow: { select?: Promise<void>; insert?: Promise<void> };
}

describe.each(drivers)('$label', ({ host, on }) => {
  /** As in two processes: each with a connection and a cache of its own, on the same files. */
  async function openBoth({ watched = true, settle = 0 } = {}): Promise<[Opened, Opened]> {
    const url = `file:${databasePath()}`;
    const file = path();
    const { sqlite, ...rest } = await host();
    const open = (): Opened => {
      const client = createClient({ url });
      const cache = mapstoneCache({ path: file, settle });
      closing.push(
        () => client.close(),
        () => cache.close(),
      );
      let selects = 0;
      const slow: Opened['slow'] = {};
      const execute = client.execute.bind(client);
      client.execute = (async (statement: { sql: string }) => {
        const isSelect = /^select/i.test(statement.sql);
        if (isSelect) selects++;
        if (/^insert/i.test(statement.sql)) await slow.insert;
        const result = await execute(statement);
        if (isSelect) await slow.select;
        return result;
      }) as typeof client.execute;
      const users = sqlite.sqliteTable('users', { id: sqlite.integer().primaryKey() });
      const db = on(rest, client, cache);
      if (watched) cache.watch(db);
      const find = async () => (await db.select().from(users).$withCache()).map(({ id }: { id: number }) => id);
      return { db, users, find, selects: () => selects, slow };
    };
    const setup = createClient({ url });
    await setup.execute('PRAGMA journal_mode = WAL');
    await setup.execute('CREATE TABLE users (id INTEGER PRIMARY KEY)');
    await setup.execute('INSERT INTO users VALUES (1)');
    setup.close();
    return [open(), open()];
  }

  /** A promise, and the call that resolves it. */
  function gate(): [Promise<void>, () => void] {
    let open = () => {};
    return [
      new Promise((resolve) => {
        open = resolve;
      }),
      open,
    ];
  }

  it('what another connection reads during a transaction is not kept, and what it reads after the commit is', async () => {
    const [one, other] = await openBoth();
    expect(await other.find()).toEqual([1]);
    await one.db.transaction(async (tx: Any) => {
      await tx.insert(one.users).values({ id: 2 });
      expect(await other.find()).toEqual([1]);
      await tx.transaction((nested: Any) => nested.insert(one.users).values({ id: 3 }));
      expect(await other.find()).toEqual([1]);
      expect(await other.find()).toEqual([1]);
    });
    expect(await other.find()).toEqual([1, 2, 3]);
    expect(await one.find()).toEqual([1, 2, 3]);
    expect([one.selects(), other.selects()]).toEqual([0, 5]);
  });

  it('a select that reads during a transaction and answers after the commit is not kept', async () => {
    const [one, other] = await openBoth();
    const [until, answer] = gate();
    let old: Promise<number[]> | undefined;
    await one.db.transaction(async (tx: Any) => {
      await tx.insert(one.users).values({ id: 2 });
      other.slow.select = until;
      old = other.find();
      // So that it has read when this commits.
      await vi.waitUntil(() => other.selects() === 1);
    });
    answer();
    expect(await old).toEqual([1]);
    expect(await other.find()).toEqual([1, 2]);
  });

  it('of a transaction that is rolled back nothing is seen, and its table is cached again', async () => {
    const [one, other] = await openBoth();
    const failing = one.db.transaction(async (tx: Any) => {
      await tx.insert(one.users).values({ id: 2 });
      expect(await other.find()).toEqual([1]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    for (let i = 0; i < 3; i++) expect(await other.find()).toEqual([1]);
    expect(other.selects()).toBe(2);
  });

  it('a table whose write could not be told to be over, since the file was busy, is cached again', async () => {
    const [one, other] = await openBoth();
    const store = openStore(path());
    closing.push(() => store.close());
    const committed = one.db.transaction(async (tx: Any) => {
      await tx.insert(one.users).values({ id: 2 });
      vi.spyOn(Object.getPrototypeOf(store), 'update').mockImplementationOnce(() => {
        throw Object.assign(new Error('busy'), { code: 'ERR_STORE_BUSY' });
      });
    });
    await expect(committed).rejects.toMatchObject({ code: 'ERR_STORE_BUSY' });
    for (let i = 0; i < 3; i++) expect(await one.find()).toEqual([1, 2]);
    for (let i = 0; i < 3; i++) expect(await other.find()).toEqual([1, 2]);
    expect([one.selects(), other.selects()]).toEqual([1, 0]);
  });

  it('two writes at once: the end of the one does not settle the other', async () => {
    const [one, other] = await openBoth();
    const [until, commit] = gate();
    one.slow.insert = until;
    const slow = one.db.insert(one.users).values({ id: 2 }).execute();
    await other.db.insert(other.users).values({ id: 3 }).execute();
    expect(await other.find()).toEqual([1, 3]);
    commit();
    await slow;
    const before = other.selects();
    for (let i = 0; i < 3; i++) expect(await other.find()).toEqual([1, 2, 3]);
    expect(other.selects()).toBe(before + 1);
  });

  it('what a transaction leaves behind is no part of it: later writes and reads of its code are as any', async () => {
    const [one, other] = await openBoth();
    const [until, go] = gate();
    let later: Promise<unknown> = Promise.resolve();
    await one.db.transaction(async (tx: Any) => {
      await tx.insert(one.users).values({ id: 2 });
      later = until.then(async () => {
        await one.db.insert(one.users).values({ id: 3 });
        return [await one.find(), await one.find()];
      });
    });
    expect(await other.find()).toEqual([1, 2]);
    go();
    expect(await later).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(one.selects()).toBe(1);
    expect(await other.find()).toEqual([1, 2, 3]);
  });

  it('without watch(), the first select from a table does not take a write that begins at the same moment for done', async () => {
    const [one, other] = await openBoth({ watched: false, settle: 60_000 });
    const [until, commit] = gate();
    one.slow.insert = until;
    const store = openStore(path());
    closing.push(() => store.close());
    const prototype = Object.getPrototypeOf(store);
    const get = prototype.get;
    let write: Promise<unknown> | undefined;
    // As in another process, between the select's look for a version and its own making of one.
    vi.spyOn(prototype, 'get').mockImplementation(function (this: unknown, key: unknown) {
      const found = get.call(this, key);
      if (key === 'drizzle:v=tusers' && found === undefined) write ??= one.db.insert(one.users).values({ id: 2 }).execute();
      return found;
    });
    expect(await other.find()).toEqual([1]);
    expect(write).toBeDefined();
    commit();
    await write;
    expect(await other.find()).toEqual([1, 2]);
  });
});
