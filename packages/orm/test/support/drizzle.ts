// Real Drizzle over PGlite and libsql, and the coming Drizzle 1; their queries are counted.
import { PGlite } from '@electric-sql/pglite';
import { createClient } from '@libsql/client';
import { eq, sql } from 'drizzle-orm';
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql';
import * as pg from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import * as sqlite from 'drizzle-orm/sqlite-core';
import type { MapstoneCache } from '../../src/drizzle.js';

// The drivers' types differ in places no test here is about.
export type Any = any;

export interface Opened {
  db: Any;
  eq: Any;
  sql: Any;
  users: Any;
  posts: Any;
  /** Selects that reached the database. */
  selects: () => number;
  /** What each insert waits for before it reaches the database, as on a slow connection. */
  slow: { until?: Promise<void> };
  close: () => Promise<void>;
}

export const SEEN = new Date('2026-11-24T12:34:56.789Z');
export const PHOTO = Buffer.from([0, 127, 128, 255]);

const CREATE = (types: { blob: string; when: string; json: string; big: string }) => [
  `CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, seen ${types.when}, photo ${types.blob}, notes ${types.json}, big ${types.big})`,
  'CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL)',
];

let pglite: PGlite | undefined;

/** Ends what the tests share. */
export async function closeAll(): Promise<void> {
  await pglite?.close();
}

async function openPglite(cache: MapstoneCache): Promise<Opened> {
  const bytea = pg.customType<{ data: Buffer }>({ dataType: () => 'bytea', fromDriver: (value) => Buffer.from(value as Uint8Array) });
  const users = pg.pgTable('users', {
    id: pg.integer().primaryKey(),
    name: pg.text().notNull(),
    seen: pg.timestamp({ withTimezone: true, precision: 3 }),
    photo: bytea(),
    notes: pg.jsonb(),
    big: pg.bigint({ mode: 'bigint' }),
  });
  const posts = pg.pgTable('posts', { id: pg.integer().primaryKey(), userId: pg.integer('user_id').notNull(), title: pg.text().notNull() });
  // Starting it takes seconds, so there is one, whose tables are made anew.
  pglite ??= new PGlite();
  await pglite.exec('DROP TABLE IF EXISTS users; DROP TABLE IF EXISTS posts');
  for (const query of CREATE({ blob: 'BYTEA', when: 'TIMESTAMPTZ(3)', json: 'JSONB', big: 'BIGINT' })) await pglite.exec(query);
  // Drizzle's logger tells of a query also when it is answered from the cache; the client's own calls are what reached the database.
  let selects = 0;
  const slow: Opened['slow'] = {};
  const client: PGlite = Object.create(pglite, {
    transaction: { value: pglite.transaction.bind(pglite) },
    query: {
      value: async (sql: string, ...rest: []) => {
        if (/^select/i.test(sql)) selects++;
        if (/^insert/i.test(sql)) await slow.until;
        return pglite!.query(sql, ...rest);
      },
    },
  });
  return { db: drizzlePglite({ client, cache }), eq, sql, users, posts, selects: () => selects, slow, close: async () => {} };
}

async function openLibsql(cache: MapstoneCache, { drizzle, sqlite, eq, sql }: Any): Promise<Opened> {
  const users = sqlite.sqliteTable('users', {
    id: sqlite.integer().primaryKey(),
    name: sqlite.text().notNull(),
    seen: sqlite.integer({ mode: 'timestamp_ms' }),
    photo: sqlite.blob({ mode: 'buffer' }),
    notes: sqlite.text({ mode: 'json' }),
    big: sqlite.blob({ mode: 'bigint' }),
  });
  const posts = sqlite.sqliteTable('posts', { id: sqlite.integer().primaryKey(), userId: sqlite.integer('user_id').notNull(), title: sqlite.text().notNull() });
  const client = createClient({ url: ':memory:' });
  for (const query of CREATE({ blob: 'BLOB', when: 'INTEGER', json: 'TEXT', big: 'BLOB' })) await client.execute(query);
  let selects = 0;
  const execute = client.execute.bind(client);
  const slow: Opened['slow'] = {};
  client.execute = (async (statement: { sql: string }) => {
    if (/^select/i.test(statement.sql)) selects++;
    if (/^insert/i.test(statement.sql)) await slow.until;
    return execute(statement);
  }) as typeof client.execute;
  return { db: drizzle({ client, cache }), eq, sql, users, posts, selects: () => selects, slow, close: async () => client.close() };
}

export const hosts = [
  { label: 'Drizzle on PGlite', open: openPglite },
  { label: 'Drizzle on libsql', open: (cache: MapstoneCache) => openLibsql(cache, { drizzle: drizzleLibsql, sqlite, eq, sql }) },
  {
    label: 'Drizzle 1 on libsql',
    open: async (cache: MapstoneCache) => openLibsql(cache, await import(new URL('../hosts/drizzle-1/host.mjs', import.meta.url).href)),
  },
];

/** Two users, one with everything and one with nulls, and a post. */
export async function fill({ db, users, posts }: Opened): Promise<void> {
  await db.insert(users).values([
    { id: 1, name: 'Ada', seen: SEEN, photo: PHOTO, notes: { of: ['the engine'] }, big: 2n ** 62n },
    { id: 2, name: 'Nobody', seen: null, photo: null, notes: null, big: null },
  ]);
  await db.insert(posts).values([{ id: 1, userId: 1, title: 'Notes' }]);
}
