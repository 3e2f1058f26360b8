// A cached `find` of 20 rows through TypeORM on sql.js, in memory: its cache table, or the store.
import { join } from 'node:path';
import { mapstoneCache } from '@mapstone/orm/typeorm';
import { DataSource, EntitySchema } from 'typeorm';

export const title = 'TypeORM: a find of 20 rows';
export const baselines = [{ side: 'table', label: 'its cache table', least: 1 }];

const City = new EntitySchema({ name: 'City', columns: { id: { type: 'integer', primary: true }, name: { type: 'varchar' }, people: { type: 'integer' } } });

export async function open(dir, side) {
  const provider = side === 'mapstone' ? mapstoneCache(join(dir, 'cache.mapstone')) : undefined;
  const source = new DataSource({ type: 'sqljs', entities: [City], synchronize: true, cache: { provider, duration: 3_600_000 } });
  await source.initialize();
  const cities = source.getRepository(City);
  await cities.insert(Array.from({ length: 20 }, (_, id) => ({ id, name: `city ${id}`, people: id * 1000 })));
  const find = () => cities.find({ cache: { id: 'cities', milliseconds: 3_600_000 } });
  await find();
  // From here on the table is empty, so only the cache has rows.
  await cities.clear();
  return {
    async hit() {
      const found = await find();
      return found.length === 20 && found[19].people === 19_000;
    },
    close: () => source.destroy(),
  };
}
