// A real TypeORM over sql.js, 1 and 0.3, whose queries are counted.
import * as typeorm1 from 'typeorm';
import * as typeorm03 from 'typeorm03';

// The two majors' types differ in places no test here is about.
export type AnyDataSource = any;

export const hosts = [
  { label: 'TypeORM 1', typeorm: typeorm1 as any },
  { label: 'TypeORM 0.3', typeorm: typeorm03 as any },
];

export interface Opened {
  source: AnyDataSource;
  users: any;
  /** Selects of users that reached the database. */
  selects: () => number;
}

/** A new database in memory with these users, and a cache as the options of a DataSource have it. */
export async function openUsers(typeorm: any, cache: object, names: string[], more: object = {}): Promise<Opened> {
  let selects = 0;
  const User = new typeorm.EntitySchema({
    name: 'User',
    columns: { id: { type: 'integer', primary: true }, name: { type: 'varchar' }, born: { type: 'datetime', nullable: true } },
  });
  const logger = {
    logQuery: (query: string) => {
      if (/^SELECT/.test(query) && query.includes('FROM "user"')) selects++;
    },
    logQueryError: () => {},
    logQuerySlow: () => {},
    logSchemaBuild: () => {},
    logMigration: () => {},
    log: () => {},
  };
  const source = new typeorm.DataSource({ type: 'sqljs', entities: [User], synchronize: true, logging: ['query'], logger, cache, ...more });
  await source.initialize();
  const users = source.getRepository(User);
  await users.insert(names.map((name, i) => ({ id: i + 1, name, born: new Date(i * 1000) })));
  return { source, users, selects: () => selects };
}
