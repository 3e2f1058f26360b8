// Drizzle with its cache in one file: a write makes what it touches a miss, in every process. Run: node examples/orm/drizzle.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { mapstoneCache } from '@mapstone/orm/drizzle';
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pglite';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'cache.mapstone'); // yours: any path on a local disk

const users = pgTable('users', { id: integer().primaryKey(), name: text(), seen: timestamp() });

let queries = 0;
const client = new PGlite(); // any driver of Drizzle that caches
await client.exec('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, seen TIMESTAMP)');
const query = client.query.bind(client);
client.query = (sql, ...rest) => {
  if (sql.startsWith('select')) queries++;
  return query(sql, ...rest);
};

const cache = mapstoneCache({ path, config: { ex: 60 } });
const db = cache.watch(drizzle({ client, cache }));

await db.insert(users).values({ id: 1, name: 'Ada Lovelace', seen: new Date(0) });
const all = () => db.select().from(users).$withCache();

await all();
const [ada] = await all();
console.log('asked twice, queries:', queries, '| still a Date:', ada.seen instanceof Date);

// Drizzle tells the cache of its writes.
await db.insert(users).values({ id: 2, name: 'Grace Hopper' });
console.log('after an insert:', (await all()).length, 'users, queries:', queries);

// Of others you tell it yourself: by table, or by tag.
const count = () => db.select({ id: users.id }).from(users).$withCache({ tag: 'count', autoInvalidate: false });
await count();
await client.exec("INSERT INTO users VALUES (3, 'Linus Torvalds')");
console.log('after SQL of its own:', (await count()).length, 'users');
await db.$cache.invalidate({ tags: 'count' });
console.log('after invalidate():', (await count()).length, 'users');

await client.close();
cache.close();
rmSync(directory, { recursive: true });
