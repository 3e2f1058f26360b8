// A real MikroORM over libsql in memory: 6 here, 7 where Node is new enough for it. Its queries are counted.

// The two majors' types differ in places no test here is about.
export type Any = any;

export interface Host {
  core: Any;
  libsql: Any;
}

const [major, minor] = process.versions.node.split('.').map(Number);

export const hosts: { label: string; skip: boolean; load: () => Promise<Host> }[] = [
  { label: 'MikroORM 6', skip: false, load: async () => ({ core: await import('@mikro-orm/core'), libsql: await import('@mikro-orm/libsql') }) },
  {
    label: 'MikroORM 7 (asks for Node 22.17)',
    skip: major < 22 || (major === 22 && minor < 17),
    load: () => import(new URL('../hosts/mikro-orm-7/host.mjs', import.meta.url).href),
  },
];

export interface Opened {
  orm: Any;
  Author: Any;
  /** Selects of authors that reached the database. */
  selects: () => number;
}

export const BORN = new Date('1815-12-10T00:00:00.000Z');

/** A new database in memory with two authors: one with everything, one with nulls. */
export async function openAuthors({ core, libsql }: Host, options: object): Promise<Opened> {
  let selects = 0;
  const Author = new core.EntitySchema({
    name: 'Author',
    properties: {
      id: { primary: true, type: 'number' },
      name: { type: 'string' },
      born: { type: 'Date', nullable: true },
      photo: { type: core.BlobType, nullable: true },
      notes: { type: core.JsonType, nullable: true },
    },
  });
  const logger = (message: string) => {
    if (/select .* from [`"]author[`"]/.test(message)) selects++;
  };
  const orm = await libsql.MikroORM.init({
    dbName: ':memory:',
    entities: [Author],
    debug: ['query'],
    colors: false,
    logger,
    allowGlobalContext: true,
    ...options,
  });
  if (orm.schema.create) await orm.schema.create();
  else await orm.schema.createSchema();
  const em = orm.em.fork();
  em.create(Author, { id: 1, name: 'Ada', born: BORN, photo: Buffer.from([0, 255]), notes: { of: ['the engine'] } });
  em.create(Author, { id: 2, name: 'Nobody', born: null, photo: null, notes: null });
  await em.flush();
  selects = 0;
  return { orm, Author, selects: () => selects };
}
