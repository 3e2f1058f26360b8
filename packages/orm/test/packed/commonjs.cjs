// As CommonJS: one registry of open stores with what is imported, and each ORM's own classes.
const assert = require('node:assert/strict');
const { closeAll, openStore } = require('@mapstone/engine');
const { MapstoneCache, mapstoneCache: drizzleCache } = require('@mapstone/orm/drizzle');
const { MapstoneResultCache } = require('@mapstone/orm/mikro-orm');
const { mapstoneCache } = require('@mapstone/orm/typeorm');
const { Cache } = require('drizzle-orm/cache/core');
const { is } = require('drizzle-orm');
const { DataSource, EntitySchema } = require('typeorm');

async function main() {
  const path = './commonjs.mapstone';
  const User = new EntitySchema({ name: 'User', columns: { id: { type: 'integer', primary: true } } });
  const source = new DataSource({ type: 'sqljs', entities: [User], synchronize: true, cache: { provider: mapstoneCache(path), duration: 60_000 } });
  await source.initialize();
  const users = source.getRepository(User);
  await users.insert({ id: 1 });
  await users.find({ cache: true });
  await users.insert({ id: 2 });
  assert.equal((await users.find({ cache: true })).length, 1);

  const results = new MapstoneResultCache({ path });
  results.set('k', { at: new Date(0) }, '');
  assert.deepEqual(results.get('k'), { at: new Date(0) });

  const cache = drizzleCache(path);
  assert.ok(is(cache, Cache) && cache instanceof MapstoneCache);
  assert.equal(await cache.get('k', ['t'], false, true), undefined);
  await cache.put('k', [1], ['t'], false);

  // The same file through `import`: another registry would find it locked.
  const imported = await import('@mapstone/orm/mikro-orm');
  assert.deepEqual(new imported.MapstoneResultCache({ path }).get('k'), { at: new Date(0) });
  const { mapping } = openStore(path).stats();
  closeAll();
  console.log(`ran over ${mapping}`);
}

main();
