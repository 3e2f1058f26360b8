// One process of two: opens an ORM with its cache on a file, and does as it is told by messages. On the built packages.
// argv: the ORM, the cache's file, the database's file (for libsql), the name its own database has for the one user in it.
import { createClient } from '@libsql/client';
import { openStore } from '@mapstone/engine';
import { mapstoneCache as drizzleCache } from '@mapstone/orm/drizzle';
import { MapstoneResultCache } from '@mapstone/orm/mikro-orm';
import { mapstoneCache } from '@mapstone/orm/typeorm';
import { MikroORM, EntitySchema as MikroSchema } from '@mikro-orm/libsql';
import { drizzle } from 'drizzle-orm/libsql';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { DataSource, EntitySchema } from 'typeorm';

const [, , orm, path, database, name] = process.argv;

async function typeorm() {
  const User = new EntitySchema({ name: 'User', columns: { id: { type: 'integer', primary: true }, name: { type: 'varchar' } } });
  const source = new DataSource({ type: 'sqljs', entities: [User], synchronize: true, cache: { provider: mapstoneCache(path) } });
  await source.initialize();
  const users = source.getRepository(User);
  await users.insert({ id: 1, name });
  return {
    find: async () => (await users.find({ cache: { id: 'users', milliseconds: 60_000 } })).map((user) => user.name),
    forget: () => source.queryResultCache.remove(['users']),
  };
}

async function mikroOrm() {
  const User = new MikroSchema({
    name: 'User',
    properties: { id: { primary: true, type: 'number' }, name: { type: 'string' }, born: { type: 'Date' }, died: { type: 'Date', nullable: true } },
  });
  const { em, schema } = await MikroORM.init({
    dbName: ':memory:',
    entities: [User],
    resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path } },
  });
  await schema.createSchema();
  await em.fork().insert(User, { id: 1, name, born: new Date(1000), died: null });
  return {
    async find() {
      const [user] = await em.fork().find(User, {}, { cache: ['users', 60_000] });
      return [user.name, user.born.toISOString(), user.died];
    },
    forget: () => em.fork().clearCache('users'),
  };
}

async function overDrizzle() {
  const users = sqliteTable('users', { id: integer().primaryKey(), name: text() });
  const client = createClient({ url: `file:${database}` });
  await client.execute('PRAGMA busy_timeout = 10000');
  const cache = drizzleCache({ path, settle: 0 });
  const db = cache.watch(drizzle({ client, cache }));
  return {
    find: async () => (await db.select().from(users).orderBy(users.id).$withCache()).map((user) => user.name),
    insert: (id) => db.insert(users).values({ id, name: `${name} ${id}` }),
    // Commits and doesn't come back to say so: the last that is heard of it.
    async insertAndHang(id) {
      const transaction = client.transaction.bind(client);
      client.transaction = async (mode) => {
        const one = await transaction(mode);
        const commit = one.commit.bind(one);
        one.commit = async () => {
          process.send({ event: 'committing' });
          await new Promise((resolve) => process.once('SIGUSR2', resolve));
          await commit();
          process.send({ event: 'committed' });
          await new Promise(() => {});
        };
        return one;
      };
      await db.transaction((tx) => tx.insert(users).values({ id, name: `${name} ${id}` }));
    },
    forget: () => db.$cache.invalidate({ tables: users }),
  };
}

/** No ORM at all: another adapter's process on the same file. */
function justStore() {
  const store = openStore(path);
  return { flush: () => store.flush(), recovery: () => store.stats().recovery };
}

const does = await { typeorm, store: justStore, 'mikro-orm': mikroOrm, drizzle: overDrizzle }[orm]();
process.on('message', async ({ id, call, argument }) => {
  try {
    const result = await does[call](argument);
    process.send({ id, result: ['find', 'recovery'].includes(call) ? result : undefined });
  } catch (error) {
    process.send({ id, error: `${error.code ?? ''} ${error.stack}` });
  }
});
process.send({ ready: true });
