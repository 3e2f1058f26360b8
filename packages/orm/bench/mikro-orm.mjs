// A cached `find` of 20 rows through MikroORM: its default cache, a Map that has no cost but forgets, or the store. Both hand out the objects that they keep: with the copies that the store
// makes by default it takes 6% longer.
import { join } from 'node:path';
import { MapstoneResultCache } from '@mapstone/orm/mikro-orm';
import { EntitySchema, MikroORM } from '@mikro-orm/libsql';

export const title = 'MikroORM: a find of 20 rows, shared';
export const baselines = [{ side: 'memory', label: 'its MemoryCacheAdapter', least: 1 }];

const City = new EntitySchema({
  name: 'City',
  properties: { id: { primary: true, type: 'number' }, name: { type: 'string' }, founded: { type: 'Date' } },
});

export async function open(dir, side) {
  const objectCache = { maxEntries: 10_000, values: 'shared' };
  const adapter = side === 'mapstone' ? { adapter: MapstoneResultCache, options: { path: join(dir, 'cache.mapstone'), objectCache } } : {};
  const orm = await MikroORM.init({ dbName: ':memory:', entities: [City], resultCache: { expiration: 3_600_000, ...adapter } });
  await orm.schema.createSchema();
  await orm.em.fork().insertMany(
    City,
    Array.from({ length: 20 }, (_, id) => ({ id, name: `city ${id}`, founded: new Date(id) })),
  );
  const find = () => orm.em.fork().find(City, {}, { cache: ['cities', 3_600_000] });
  await find();
  await orm.em.fork().nativeDelete(City, {});
  return {
    async hit() {
      const found = await find();
      return found.length === 20 && found[19].founded.getTime() === 19;
    },
    close: () => orm.close(),
  };
}
