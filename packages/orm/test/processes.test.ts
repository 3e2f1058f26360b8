// Two processes, each with an ORM of its own, on one cache: what one keeps the other has, what one says is gone is gone for both. Needs a build, as `npm test` makes one.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from '@libsql/client';
import { afterEach, describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';

const cachePath = tempPaths();
const databasePath = tempPaths({ check: false });
const children: ChildProcess[] = [];
// Before the check of the file, which needs it to be free.
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

interface Running {
  child: ChildProcess;
  call(name: 'find' | 'insert' | 'insertAndHang' | 'forget' | 'flush' | 'recovery', argument?: unknown): Promise<any>;
  /** Resolves when it tells of that. */
  told(event: string): Promise<void>;
}

async function start(orm: string, path: string, name: string, database = ''): Promise<Running> {
  const child = fork(fileURLToPath(new URL('support/child.mjs', import.meta.url)), [orm, path, database, name], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  children.push(child);
  let tail = '';
  child.stderr!.on('data', (chunk) => {
    tail = (tail + chunk).slice(-3000);
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    child.on('message', ({ ready, event, id, result, error }: { ready?: boolean; event?: string; id: number; result?: unknown; error?: string }) => {
      if (ready) return resolve();
      if (event) return;
      const one = waiting.get(id)!;
      if (error === undefined) one.resolve(result);
      else one.reject(new Error(error));
    });
    child.on('exit', (code, signal) => {
      const error = new Error(`the process ended with ${signal ?? code}: ${tail}`);
      reject(error);
      for (const one of waiting.values()) one.reject(error);
    });
  });
  return {
    child,
    call: (call, argument) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        child.send({ id, call, argument });
      }),
    told: (event) =>
      new Promise((resolve) => {
        child.on('message', (message: { event?: string }) => {
          if (message.event === event) resolve();
        });
      }),
  };
}

/** The rows that each finds in its own database, which is how one sees whose they are. */
const own = (orm: string, name: string) => (orm === 'typeorm' ? [name] : [name, '1970-01-01T00:00:01.000Z', null]);

describe.each(['typeorm', 'mikro-orm'])('%s', { timeout: 60_000 }, (orm) => {
  it('a process that is killed leaves its cache warm', async () => {
    const path = cachePath();
    const one = await start(orm, path, 'one');
    expect(await one.call('find')).toEqual(own(orm, 'one'));
    await kill(one.child);
    const other = await start(orm, path, 'other');
    expect(await other.call('find')).toEqual(own(orm, 'one'));
  });

  it('what one process keeps the other has, and what one removes is gone for both', async () => {
    const path = cachePath();
    const [one, other] = [await start(orm, path, 'one'), await start(orm, path, 'other')];
    expect(await one.call('find')).toEqual(own(orm, 'one'));
    expect(await other.call('find')).toEqual(own(orm, 'one'));
    await one.call('forget');
    expect(await other.call('find')).toEqual(own(orm, 'other'));
    expect(await one.call('find')).toEqual(own(orm, 'other'));
    await other.call('forget');
    expect(await one.call('find')).toEqual(own(orm, 'one'));
  });

  it('is empty after a power cut also where another adapter opened the file first, and only then', async () => {
    const [path, after] = [cachePath(), cachePath()];
    const [one, store] = [await start(orm, path, 'one'), await start('store', path, '')];
    expect(await one.call('find')).toEqual(own(orm, 'one'));
    await store.call('flush');
    // A copy of an open file opens as after a power cut.
    copyFileSync(path, after);
    expect(await (await start('store', after, '')).call('recovery')).toBe('power-cut');
    const other = await start(orm, after, 'other');
    expect(await other.call('find')).toEqual(own(orm, 'other'));
    await kill(other.child);
    const again = await start(orm, after, 'again');
    expect(await again.call('find')).toEqual(own(orm, 'other'));
  });
});

describe('drizzle', { timeout: 60_000 }, () => {
  async function openDatabase(): Promise<string> {
    const path = databasePath();
    const client = createClient({ url: `file:${path}` });
    await client.execute('PRAGMA journal_mode = WAL');
    await client.execute('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)');
    client.close();
    return path;
  }

  it('what one process writes makes the rows a miss in the other', async () => {
    const [path, database] = [cachePath(), await openDatabase()];
    const [one, other] = [await start('drizzle', path, 'one', database), await start('drizzle', path, 'other', database)];
    await one.call('insert', 1);
    expect(await one.call('find')).toEqual(['one 1']);
    expect(await other.call('find')).toEqual(['one 1']);
    await other.call('insert', 2);
    expect(await one.call('find')).toEqual(['one 1', 'other 2']);
    // A write that Drizzle doesn't see shows that the other's rows come from the cache, and that saying so reaches both.
    const client = createClient({ url: `file:${database}` });
    await client.execute("INSERT INTO users VALUES (3, 'unseen')");
    client.close();
    expect(await other.call('find')).toHaveLength(2);
    await one.call('forget');
    expect(await other.call('find')).toHaveLength(3);
  });

  it('selects of one that race the writes of the other never leave old rows behind', async () => {
    const [path, database] = [cachePath(), await openDatabase()];
    const [one, other] = [await start('drizzle', path, 'one', database), await start('drizzle', path, 'other', database)];
    for (let i = 1; i <= 100; i++) {
      await Promise.all([other.call('find'), one.call('find'), one.call('insert', i), other.call('find'), one.call('find')]);
      expect(await other.call('find')).toHaveLength(i);
      expect(await one.call('find')).toHaveLength(i);
    }
  });

  it('a process that is killed when its transaction is committed, before it can say so, leaves no old rows behind', async () => {
    const [path, database] = [cachePath(), await openDatabase()];
    const [one, other] = [await start('drizzle', path, 'one', database), await start('drizzle', path, 'other', database)];
    await one.call('insert', 1);
    const [committing, committed] = [one.told('committing'), one.told('committed')];
    one.call('insertAndHang', 2).catch(() => {});
    await committing;
    expect(await other.call('find')).toEqual(['one 1']);
    one.child.kill('SIGUSR2');
    await committed;
    await kill(one.child);
    expect(await other.call('find')).toEqual(['one 1', 'one 2']);
    // And its table is cached again.
    const client = createClient({ url: `file:${database}` });
    await client.execute("INSERT INTO users VALUES (3, 'unseen')");
    client.close();
    expect(await other.call('find')).toHaveLength(2);
  });
});
