// lmdb-js, string values. By default 3.5 ends every `putSync` with an fdatasync (counted with strace: 300 for 300), so:
// plain is `noSync`, which promises what the others here do (a returned write outlives the process, not the power);
// `structured` stores objects, `objects` keeps decoded ones in its cache as well, `validated` looks at each read whether another process has written one; `tx` and `sync` keep the default, one sync for 1,000 writes and one for each.
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';

export function open(dir, variant) {
  const structured = { objects: { cache: true, noSync: true }, validated: { cache: { validated: true }, noSync: true }, structured: { noSync: true } };
  const values = structured[variant] ?? { encoding: 'string', noSync: variant === undefined };
  const db = openLmdb({ path: join(dir, 'bench.lmdb'), ...values });
  return {
    get: (key) => db.get(key),
    set: (key, value) => db.putSync(key, value),
    delete: (key) => db.removeSync(key),
    batch: variant === 'tx' ? (write) => db.transactionSync(write) : undefined,
    async close() {
      await db.flushed;
      await db.close();
    },
  };
}
