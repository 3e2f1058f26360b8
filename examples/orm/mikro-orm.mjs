// MikroORM with its result cache in one file. Run: node examples/orm/mikro-orm.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MapstoneResultCache } from '@mapstone/orm/mikro-orm';
import { EntitySchema, MikroORM } from '@mikro-orm/libsql'; // any driver of MikroORM

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'cache.mapstone'); // yours: any path on a local disk

const Author = new EntitySchema({
  name: 'Author',
  properties: { id: { primary: true, type: 'number' }, name: { type: 'string' }, born: { type: 'Date', nullable: true } },
});

let queries = 0;

async function open() {
  return MikroORM.init({
    dbName: join(directory, 'authors.sqlite'),
    entities: [Author],
    debug: ['query'],
    logger: (message) => void (message.includes('select') && message.includes('from `author`') && queries++),
    resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path } },
  });
}

let orm = await open();
await orm.schema.createSchema();
const em = orm.em.fork();
em.create(Author, { id: 1, name: 'Ada Lovelace', born: new Date('1815-12-10') });
em.create(Author, { id: 2, name: 'Anonymous', born: null });
await em.flush();

const find = () => orm.em.fork().find(Author, {}, { cache: ['authors', 60_000] });
await find();

// Another time, maybe another process.
await orm.close();
orm = await open();
const [ada, anonymous] = await find();
console.log('asked before and after a restart, queries:', queries);
console.log('still a Date:', ada.born instanceof Date, ada.born.getUTCFullYear(), '| still null:', anonymous.born);

// The cache doesn't know of writes: an entry goes when its time is over, or when you clear it.
await orm.em.fork().nativeDelete(Author, { name: 'Anonymous' });
await orm.em.fork().clearCache('authors');
console.log('after a write and clearCache():', (await find()).length, 'author, queries:', queries);

await orm.close();
rmSync(directory, { recursive: true });
