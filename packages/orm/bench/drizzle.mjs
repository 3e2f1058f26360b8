// A cached select of 20 rows through Drizzle on libsql. Drizzle comes with a cache for Upstash's Redis over HTTP only, so this is held against asking the database,
// and against the least a cache can be: a Map of what the driver gave.
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { mapstoneCache } from '@mapstone/orm/drizzle';
import { Cache } from 'drizzle-orm/cache/core';
import { drizzle } from 'drizzle-orm/libsql';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const title = 'Drizzle: a select of 20 rows';
export const baselines = [
  { side: 'database', label: 'libsql on a file', least: 1 },
  { side: 'map', label: 'a Map of the rows', least: 1 },
];

const cities = sqliteTable('cities', { id: integer().primaryKey(), name: text(), founded: integer({ mode: 'timestamp_ms' }) });

class MapCache extends Cache {
  rows = new Map();
  strategy = () => 'explicit';
  get = async (key) => this.rows.get(key);
  put = async (key, rows) => void this.rows.set(key, rows);
  onMutate = async () => this.rows.clear();
}

export async function open(dir, side) {
  const client = createClient({ url: `file:${join(dir, 'cities.sqlite')}` });
  await client.execute('CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT, founded INTEGER)');
  const cache = { map: () => new MapCache(), mapstone: () => mapstoneCache({ path: join(dir, 'cache.mapstone'), settle: 0 }) }[side]?.();
  const db = drizzle({ client, cache });
  await db.insert(cities).values(Array.from({ length: 20 }, (_, id) => ({ id, name: `city ${id}`, founded: new Date(id) })));
  const find = () =>
    side === 'database'
      ? db.select().from(cities)
      : db
          .select()
          .from(cities)
          .$withCache({ config: { ex: 3600 } });
  await find();
  if (side !== 'database') await client.execute('DELETE FROM cities');
  return {
    async hit() {
      const found = await find();
      return found.length === 20 && found[19].founded.getTime() === 19;
    },
    close() {
      cache?.close?.();
      client.close();
    },
  };
}
