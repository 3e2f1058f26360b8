// TypeORM with its query cache in one file: warm after a restart, gone when you say so. Run: node examples/orm/typeorm.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapstoneCache } from '@mapstone/orm/typeorm';
import { DataSource, EntitySchema } from 'typeorm';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'cache.mapstone'); // yours: any path on a local disk

const User = new EntitySchema({
  name: 'User',
  columns: { id: { type: 'integer', primary: true }, name: { type: 'varchar' }, born: { type: 'date' } },
});

let queries = 0;
const logger = { logQuery: (query) => void (query.includes('FROM "user"') && queries++), log() {}, logMigration() {}, logSchemaBuild() {} };

async function open() {
  const source = new DataSource({
    type: 'sqljs', // any database that TypeORM knows
    location: join(directory, 'users.sqlite'),
    autoSave: true,
    entities: [User],
    synchronize: true,
    logging: ['query'],
    logger,
    cache: { provider: mapstoneCache(path), duration: 60_000 },
  });
  return source.initialize();
}

let source = await open();
await source.getRepository(User).insert({ id: 1, name: 'Ada Lovelace', born: '1815-12-10' });
const find = () => source.getRepository(User).find({ cache: { id: 'all users', milliseconds: 60_000 } });

console.log(await find());
await find();
console.log('asked twice, queries:', queries);

// Another time, maybe another process.
await source.destroy();
source = await open();
await find();
console.log('asked after a restart, queries:', queries);

// The cache doesn't know of writes: an entry goes when its duration is over, or when you remove it.
await source.getRepository(User).insert({ id: 2, name: 'Grace Hopper', born: '1906-12-09' });
await source.queryResultCache.remove(['all users']);
console.log('after a write and remove():', (await find()).length, 'users, queries:', queries);

await source.destroy();
rmSync(directory, { recursive: true });
