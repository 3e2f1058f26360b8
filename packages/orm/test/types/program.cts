// Compiles as CommonJS: what a user writes, against the published declarations and the ORMs' own.

import { mapstoneCache as drizzleCache, type MapstoneCache } from '@mapstone/orm/drizzle';
import { MapstoneMetadataCache, MapstoneResultCache } from '@mapstone/orm/mikro-orm';
import { mapstoneCache } from '@mapstone/orm/typeorm';
import { MikroORM } from '@mikro-orm/libsql';
import type { Cache } from 'drizzle-orm/cache/core';
import { drizzle } from 'drizzle-orm/libsql';
import { DataSource } from 'typeorm';

export const source = new DataSource({ type: 'sqljs', cache: { provider: mapstoneCache({ path: 'x', namespace: 'n', maxSize: 2 ** 30 }), duration: 1 } });

export const orm = MikroORM.init({
  dbName: ':memory:',
  metadataCache: { adapter: MapstoneMetadataCache, options: { path: 'x' } },
  resultCache: { adapter: MapstoneResultCache, expiration: 1, options: { path: 'x' } },
});

const cache: MapstoneCache = drizzleCache({ path: 'x', global: true, config: { ex: 1 }, settle: 0, flush: 'manual' });
export const asCache: Cache = cache;
export const db = drizzle({ connection: ':memory:', cache });

// @ts-expect-error: there is no such option.
drizzleCache({ path: 'x', maxsize: 1 });
// @ts-expect-error: a file is needed.
mapstoneCache({});
