// As ES modules: each ORM asks twice, the database answers once.
import assert from 'node:assert/strict';
import { createClient } from '@libsql/client';
import { openStore } from '@mapstone/engine';
import { mapstoneCache as drizzleCache } from '@mapstone/orm/drizzle';
import { MapstoneMetadataCache, MapstoneResultCache } from '@mapstone/orm/mikro-orm';
import { mapstoneCache } from '@mapstone/orm/typeorm';
import { MikroORM, EntitySchema as MikroSchema } from '@mikro-orm/libsql';
import { drizzle } from 'drizzle-orm/libsql';
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
import { DataSource, EntitySchema } from 'typeorm';

const path = './esm.mapstone';

const User = new EntitySchema({ name: 'User', columns: { id: { type: 'integer', primary: true } } });
const source = new DataSource({ type: 'sqljs', entities: [User], synchronize: true, cache: { provider: mapstoneCache(path), duration: 60_000 } });
await source.initialize();
const users = source.getRepository(User);
await users.insert({ id: 1 });
assert.equal((await users.find({ cache: true })).length, 1);
await users.insert({ id: 2 });
assert.equal((await users.find({ cache: true })).length, 1);
await source.destroy();

const Author = new MikroSchema({ name: 'Author', properties: { id: { primary: true, type: 'number' }, born: { type: 'Date' } } });
const orm = await MikroORM.init({
  dbName: ':memory:',
  entities: [Author],
  metadataCache: { enabled: true, adapter: MapstoneMetadataCache, options: { path } },
  resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path } },
});
await orm.schema.createSchema();
await orm.em.fork().insert(Author, { id: 1, born: new Date(0) });
for (let i = 0; i < 2; i++) {
  assert.deepEqual(
    (await orm.em.fork().find(Author, {}, { cache: true })).map(({ born }) => born),
    [new Date(0)],
  );
  await orm.em.fork().nativeDelete(Author, {});
}
await orm.close();

const table = sqliteTable('t', { id: integer().primaryKey() });
const client = createClient({ url: ':memory:' });
await client.execute('CREATE TABLE t (id INTEGER PRIMARY KEY)');
const cache = drizzleCache({ path, settle: 0 });
const db = drizzle({ client, cache });
for (let id = 0; id < 2; id++) {
  await db.insert(table).values({ id });
  for (let i = 0; i < 2; i++) assert.equal((await db.select().from(table).$withCache()).length, id + 1);
}
cache.close();

const store = openStore(path);
assert.ok(store.size >= 4);
assert.deepEqual(store.check(), []);
console.log(`ran over ${store.stats().mapping}`);
store.close();
