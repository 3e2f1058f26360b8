// better-sqlite3: prepared statements, WAL, synchronous NORMAL (a commit does not wait for the disk, a checkpoint does);
// `full` waits at every commit.
import { join } from 'node:path';
import Database from 'better-sqlite3';

export function open(dir, variant) {
  const db = new Database(join(dir, 'bench.sqlite'));
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${variant === 'full' ? 'FULL' : 'NORMAL'}`);
  db.exec('CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID');
  const get = db.prepare('SELECT value FROM entries WHERE key = ?').pluck();
  const set = db.prepare('INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  const remove = db.prepare('DELETE FROM entries WHERE key = ?');
  return {
    get: (key) => get.get(key),
    set: (key, value) => set.run(key, value),
    delete: (key) => remove.run(key),
    batch: variant === 'tx' ? db.transaction((write) => write()) : undefined,
    close: () => db.close(),
  };
}
