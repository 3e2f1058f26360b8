// What processes on one store owe each other, one story each: real processes, on the built engine. What they see of each other's values under load is in rows 14 and 15 of the scorecard.

import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../packages/engine/src/index.js';
import { CONTROL_OFFSET, Control, FORMAT_VERSION, SUPERBLOCK_COPIES, SUPERBLOCK_SLOTS, Super } from '../../packages/engine/src/layout.js';
import { whyNoMmapIo } from '../workspace/toolchain.mjs';
import { canStartPuppet, place, signalAtStore, signalInsideTheLock, startPuppet } from './puppets.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const code = (name: string) => expect.objectContaining({ code: name });
const mmapIo = whyNoMmapIo();

const expiring = `my.store.set('expiring', 1, { ttl: 1e6 });`;

describe('the writer lock', { timeout: 60_000 }, () => {
  test('a stopped holder gives ERR_STORE_BUSY to writers, nothing to readers, and goes on when it is continued', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open();
    await a.run(expiring);
    await b.open({ busyTimeout: 150 });
    await a.runUntil('stopped', signalInsideTheLock('SIGSTOP'));
    await expect(b.run(`my.store.set('b', 1)`)).rejects.toEqual(code('ERR_STORE_BUSY'));
    expect(await b.run(`return my.store.get('expiring')`)).toBe(1);
    await a.kill('SIGCONT');
    expect(await a.run(`return my.store.has('expiring')`)).toBe(false);
    await b.run(`my.store.set('b', 1)`);
    expect(await a.run(`return my.store.get('b')`)).toBe(1);
    expect(await b.run('return my.store.stats().repairs.all')).toBe(0);
  });

  test('readers get on beside a writer that never rests', async () => {
    const [writer, reader, onlyReader] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    await writer.open({ flush: 'manual' });
    await writer.run(`my.store.set('hot', 0)`);
    await reader.open();
    await onlyReader.open({ readOnly: true });
    const endless = writer.run(`for (let i = 1; ; i++) my.store.set('hot', i)`).catch(() => 'killed');
    const read = `let last = 0, seen = 0;
      for (let i = 0; i < 100_000; i++) {
        const value = my.store.get('hot');
        if (value < last) throw new Error(value + ' after ' + last);
        if (value > last) seen++;
        last = value;
      }
      return seen`;
    for (const seen of await Promise.all([reader.run<number>(read), onlyReader.run<number>(read)])) expect(seen).toBeGreaterThan(10);
    await writer.kill('SIGKILL');
    expect(await endless).toBe('killed');
    expect(await reader.run('return my.store.check()')).toEqual([]);
  });

  test('of a dead holder is taken at once, and counted', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open();
    await a.run(expiring);
    await b.open({ busyTimeout: 60_000 });
    await a.runUntil('dead', signalInsideTheLock('SIGKILL'));
    await b.run(`my.store.set('b', 1)`);
    expect(await b.run('return my.store.stats()')).toMatchObject({ repairs: { own: 1, all: 1 }, openers: 1, entries: 2 });
    expect(await b.run('return my.store.check()')).toEqual([]);
  });

  test('of a holder that died after it had grown the file: its heir, who had not seen that, has the new segments too', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open({ segmentSize: 16384, flush: 'manual' });
    await b.open({ flush: 'manual' });
    await b.run(`my.store.set('b', 1)`);
    const before = await b.run<number>('return my.store.stats().fileSize');
    await a.run(`for (let i = 0; i < 1000; i++) my.store.set('a' + i, 'x'.repeat(1000)); my.store.clear(); ${expiring}`);
    await a.runUntil('dead', signalInsideTheLock('SIGKILL'));
    expect(await b.run('return my.store.check()')).toEqual([]);
    const after = await b.run<number>('return my.store.stats().fileSize');
    expect(after).toBeGreaterThan(before);
    await b.run(`my.store.flushSync(); for (let i = 0; i < 1000; i++) my.store.set('b' + i, 'x'.repeat(1000))`);
    expect(await b.run('return my.store.stats().fileSize')).toBe(after);
    expect(await b.run('return my.store.check()')).toEqual([]);
  });

  test('a dead holder’s slot goes to the next opener, who repairs what it left', async () => {
    const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    await a.open();
    await b.open();
    await a.run(expiring);
    await a.runUntil('dead', signalInsideTheLock('SIGKILL'));
    await c.open();
    expect(await c.run('return my.store.stats().openers')).toBe(2);
    await c.run(`my.store.set('c', 1)`);
    expect(await b.run(`return [my.store.get('c'), my.store.get('expiring')]`)).toEqual([1, 1]);
  });

  test('with exclusive: true nobody else gets in, and it gets in beside nobody', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open({ exclusive: true });
    await expect(b.open()).rejects.toEqual(code('ERR_STORE_LOCKED'));
    await expect(b.open({ readOnly: true })).rejects.toEqual(code('ERR_STORE_LOCKED'));
    await a.run('my.store.close()');
    await b.open();
    await expect(a.open({ exclusive: true })).rejects.toEqual(code('ERR_STORE_LOCKED'));
    await b.kill('SIGKILL');
    await a.open({ exclusive: true });
  });
});

describe('openers', { timeout: 60_000 }, () => {
  test('one that is killed is dead at once, and stays so when its slot has another holder, and in the next session', async () => {
    const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    await a.open();
    await b.open();
    const opener = await a.run<string>('return my.store.opener');
    const ask = `return my.store.isOpenerAlive(${JSON.stringify(opener)})`;
    expect([await a.run(ask), await b.run(ask)]).toEqual([true, true]);
    await a.kill('SIGKILL');
    expect(await b.run(ask)).toBe(false);
    await c.open();
    const heir = await c.run<string>('return my.store.opener');
    expect(await b.run(`return my.store.isOpenerAlive(${JSON.stringify(heir)})`)).toBe(true);
    expect([await b.run(ask), await c.run(ask)]).toEqual([false, false]);
    for (const one of [b, c]) await one.kill('SIGKILL');
    const d = await startPuppet();
    await d.open();
    expect([await d.run(ask), await d.run('return my.store.isOpenerAlive(my.store.opener)')]).toEqual([false, true]);
  });

  test('updates of one entry by four processes at once are each counted', async () => {
    const puppets = await Promise.all([1, 2, 3, 4].map(() => startPuppet()));
    for (const one of puppets) await one.open();
    const work = `for (let i = 0; i < 3000; i++) my.store.update('n' + (i % 2), (n = 0) => n + 1)`;
    await Promise.all(puppets.map((one) => one.run(work)));
    expect(await puppets[0].run(`return my.store.getMany(['n0', 'n1'])`)).toEqual([6000, 6000]);
    expect(await puppets[0].run('return my.store.check()')).toEqual([]);
  });
});

describe('a death at each atomic store of an operation', { timeout: 120_000 }, () => {
  /** What the store holds before and after, by key. */
  const operations: [string, string, Record<string, unknown>, Record<string, unknown>][] = [
    ['an insert', `my.store.set('new', 1)`, {}, { new: 1 }],
    ['an overwrite', `my.store.set('a', { v: 2 })`, { a: { v: 1 } }, { a: { v: 2 } }],
    ['a delete', `my.store.delete('a')`, { a: { v: 1 } }, {}],
    ['a batch', `my.store.setMany([{ key: 'a', value: { v: 2 } }, { key: 'b', value: { v: 2 } }])`, { a: { v: 1 }, b: { v: 1 } }, { a: { v: 2 }, b: { v: 2 } }],
    ['clear', 'my.store.clear()', { a: { v: 1 }, b: { v: 1 } }, {}],
  ];

  test.each(operations)('%s: it happened or it did not, for all who look, with and without an object cache', async (_name, operation, before, after) => {
    const [keeps, looks] = await Promise.all([startPuppet(), startPuppet()]);
    await keeps.open({ objectCache: { maxEntries: 10 }, flush: 'manual', segmentSize: 16384 });
    await looks.open({ flush: 'manual' });
    const keys = JSON.stringify(['a', 'b', 'new']);
    const wanted = (state: Record<string, unknown>) => ['a', 'b', 'new'].map((key) => state[key]);
    let deaths = 0;
    for (let nth = 1; ; nth++) {
      // A value in a chain, which repair looks at: it must not take its key for the reader's.
      await looks.run(
        `my.store.clear(); my.store.set('large', 'x'.repeat(50000)); my.store.setMany(${JSON.stringify(Object.entries(before).map(([key, value]) => ({ key, value })))})`,
      );
      // Twice: the second answer comes from the object cache.
      const each = `return ${keys}.map((key) => my.store.get(key))`;
      await keeps.run(each);
      const normal = (values: unknown) => (values as unknown[]).map((value) => value ?? undefined);
      expect(normal(await keeps.run(each))).toEqual(wanted(before));
      const dies = await startPuppet();
      await dies.open({ flush: 'manual' });
      await dies.runUntil('dead', signalAtStore('SIGKILL', nth, operation));
      const died = dies.process.signalCode === 'SIGKILL';
      await dies.kill('SIGKILL');
      // The one without a cache first: what it saw, the other must see too.
      const seen = normal(await looks.run(each));
      expect([wanted(before), wanted(after)], `store ${nth}`).toContainEqual(seen);
      expect(normal(await keeps.run(each)), `store ${nth}, from the object cache`).toEqual(seen);
      await looks.run(`my.store.set('probe', ${nth})`);
      expect(normal(await keeps.run(each)), `store ${nth}, after a take-over`).toEqual(normal(await looks.run(each)));
      expect([wanted(before), wanted(after)], `store ${nth}`).toContainEqual(normal(await looks.run(each)));
      expect(await looks.run('return my.store.check()'), `store ${nth}`).toEqual([]);
      if (!died) break;
      deaths++;
    }
    expect(deaths).toBeGreaterThan(1);
    expect(await looks.run('return my.store.stats().repairs.all')).toBeGreaterThan(0);
  });
});

describe('what one does, the others see', { timeout: 60_000 }, () => {
  test.for([
    ['koffi', 'koffi'],
    ['koffi', 'mmap-io'],
    ['mmap-io', 'koffi'],
  ] as const)('growth through %s is followed by %s', async ([first, second], { skip }) => {
    if (mmapIo !== undefined && (first === 'mmap-io' || second === 'mmap-io')) skip(`mmap-io: ${mmapIo}`);
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await b.open({ mapping: second, segmentSize: 65536 });
    await a.open({ mapping: first });
    const before = await b.run('return my.store.stats().fileSize');
    await a.run(`for (let i = 0; i < 20000; i++) my.store.set('key ' + i, 'value ' + i + 'x'.repeat(200)); my.store.set('large', 'x'.repeat(3e6));`);
    expect(
      await b.run(`let wrong = 0; for (let i = 0; i < 20000; i++) if (my.store.get('key ' + i) !== 'value ' + i + 'x'.repeat(200)) wrong++; return wrong;`),
    ).toBe(0);
    expect(await b.run(`return my.store.get('large').length`)).toBe(3e6);
    expect(await b.run('return my.store.stats().fileSize')).toBeGreaterThan(Number(before));
    // And the other way round, into what it has just followed.
    await b.run(`for (let i = 0; i < 20000; i++) my.store.set('key ' + i, 'again ' + i);`);
    expect(await a.run(`let wrong = 0; for (let i = 0; i < 20000; i++) if (my.store.get('key ' + i) !== 'again ' + i) wrong++; return wrong;`)).toBe(0);
    expect(await a.run('return my.store.check()')).toEqual([]);
    expect(await b.run('return my.store.check()')).toEqual([]);
  });

  test('overflow buckets in a segment that another added, without a new one for the table', async () => {
    const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    for (const puppet of [a, b, c]) await puppet.open();
    await a.run(`for (let i = 0; i < 30000; i++) my.store.set('key ' + i, i);`);
    expect(await a.run('return my.store.stats().overflowBuckets')).toBeGreaterThan(0);
    expect(await b.run('let n = 0; for (const [key, value] of my.store.entries()) if (key === "key " + value) n++; return n;')).toBe(30_000);
    expect(await c.run(`let n = 0; for (let i = 0; i < 30000; i++) if (my.store.get('key ' + i) === i) n++; return n;`)).toBe(30_000);
  });

  test('a look at stats() does not make who looked believe that it knows where the index lies', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open({ segmentSize: 16384 });
    await b.open();
    const fill = (who: string, from: number, to: number) => `for (let i = ${from}; i < ${to}; i++) my.store.set('${who} ' + i, i);`;
    for (let round = 0; round < 6; round++) {
      await a.run(fill('a', round * 1000, (round + 1) * 1000));
      await b.run(`my.store.stats(); ${fill('b', round * 1000, (round + 1) * 1000)}`);
    }
    const missing = `let n = 0; for (let i = 0; i < 6000; i++) for (const who of ['a ', 'b ']) if (my.store.get(who + i) !== i) n++; return n;`;
    expect([await a.run(missing), await b.run(missing)]).toEqual([0, 0]);
    expect(await a.run('return my.store.check()')).toEqual([]);
  });

  test('an object kept in the heap is never stale', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open({ objectCache: { maxEntries: 10 } });
    await b.open();
    for (let i = 0; i < 50; i++) {
      await b.run(`my.store.set('object', { i: ${i} })`);
      expect(await a.run(`my.store.get('object'); return my.store.get('object')`)).toEqual({ i });
    }
    expect(await a.run('return my.store.stats().objectCache.hits')).toBeGreaterThanOrEqual(50);
    await b.run(`my.store.delete('object')`);
    expect(await a.run(`return my.store.has('object')`)).toBe(false);
    expect(await a.run(`return my.store.get('object')`)).toBeUndefined();
    await b.run(`my.store.set('object', { i: 'again' }); my.store.clear();`);
    expect(await a.run(`return my.store.get('object')`)).toBeUndefined();
  });

  test('clear() and compact() beside readers and writers', async () => {
    const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    for (const puppet of [a, b, c]) await puppet.open({ segmentSize: 16384, flush: { every: 5 } });
    const turn = 'await new Promise((resolve) => setImmediate(resolve));';
    // Clears are numbered: after clear number n nothing of an earlier one may be there.
    const clearing = a.run(
      `for (let n = 1; n <= 60; n++) { my.store.set('clears', n); for (let i = 0; i < 300; i++) my.store.set('key ' + i, n + '|' + 'x'.repeat(i)); ${turn} my.store.clear(); }`,
    );
    const compacting = c.run(`for (let n = 0; n < 40; n++) { my.store.compact(); my.store.set('c', 'x'.repeat(n)); ${turn} }`);
    const reading = b.run(`
      const latest = new Map();
      for (let round = 0; round < 400; round++) {
        for (let i = 0; i < 300; i += 7) {
          const value = my.store.get('key ' + i);
          if (value === undefined) continue;
          const [n, pad] = value.split('|');
          if (pad !== 'x'.repeat(i)) throw new Error('key ' + i + ' holds ' + value);
          if (Number(n) < (latest.get(i) ?? 0)) throw new Error('key ' + i + ' went back to clear ' + n);
          latest.set(i, Number(n));
        }
        if (round % 20 === 0) { for (const [key, value] of my.store.entries({ prefix: 'key' })) if (!value.endsWith('|' + 'x'.repeat(Number(key.slice(4))))) throw new Error(key); ${turn} }
      }`);
    await Promise.all([clearing, compacting, reading]);
    await a.run('my.store.clear()');
    expect(await b.run('return [...my.store.keys()]')).toEqual([]);
    expect(await b.run('return my.store.check()')).toEqual([]);
  });
});

describe('who leaves', { timeout: 60_000 }, () => {
  test('the last one marks the file clean, and not the ones before', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open();
    await b.open();
    await a.run(`my.store.set('a', 1); my.store.close();`);
    await b.run(`my.store.set('b', 1); my.store.close();`);
    await a.open();
    expect(await a.run('return my.store.stats()')).toMatchObject({ recovery: 'clean', entries: 2, openers: 1 });
  });

  test('one that closes and one that dies: the file was left by a death, and is whole', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open();
    await b.open();
    await b.run(`my.store.set('b', 1)`);
    await a.run(`my.store.set('a', 1); my.store.close();`);
    await b.kill('SIGKILL');
    await a.open();
    expect(await a.run('return my.store.stats()')).toMatchObject({ recovery: 'process-death', entries: 2 });
  });

  test('a flusher that is stopped keeps no one from writing; who wants to flush is told; one that died is replaced', async () => {
    const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    await a.open({ flush: 'manual' });
    await b.open({ flush: 'manual', busyTimeout: 600 });
    await c.open({ flush: 'manual', busyTimeout: 300 });
    // It stops when it has given the writer lock back, and still has that of the flush.
    await a.runUntil(
      'stopped',
      `const { store } = Atomics;
      Atomics.store = (words, at, value) => {
        store(words, at, value);
        if (at === ${Control.LOCK} && value === 0 && words[${Control.FLUSH_LOCK}] !== 0) { Atomics.store = store; process.kill(process.pid, 'SIGSTOP'); }
        return value;
      };
      my.store.set('a', 1);
      await my.store.flush();`,
    );
    const flushed = expect(b.run('my.store.flushSync()')).rejects.toEqual(code('ERR_STORE_BUSY'));
    await c.run(`for (let i = 0; i < 200; i++) { my.store.set('c', i); await new Promise((resolve) => setTimeout(resolve, 3)); }`);
    await flushed;
    await expect(b.run('await my.store.flush()')).rejects.toEqual(code('ERR_STORE_BUSY'));
    // Closing, it can't flush either, and does not let that pass for a flush.
    await expect(c.run('const flushed = my.store.flush(); my.store.close(); await flushed')).rejects.toEqual(code('ERR_STORE_BUSY'));
    await a.kill('SIGKILL');
    await b.run('my.store.flushSync(); await my.store.flush();');
    expect(await b.run('return [my.store.get("a"), my.store.get("c"), my.store.check()]')).toEqual([1, 199, []]);
  });

  test('one that died does not stop the interval flush of the others', async () => {
    const b = await startPuppet();
    await b.open({ flush: { every: 5 } });
    for (let i = 0; i < 8; i++) {
      const a = await startPuppet();
      await a.open({ flush: { every: 1 }, segmentSize: 16384 });
      // Flushing all the time, so that it mostly dies in the middle of one.
      void a
        .run(
          `for (let i = 0; ; i++) { my.store.set('a' + (i % 100), 'x'.repeat(1000)); if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve)); }`,
        )
        .catch(() => undefined);
      const flushes = Number(await b.run('return my.store.stats().durableFlush'));
      while (Number(await b.run('return my.store.stats().durableFlush')) < flushes + 2);
      await a.kill('SIGKILL');
      const died = Number(await b.run(`my.store.set('b', ${i}); return my.store.stats().durableFlush`));
      while (Number(await b.run('return my.store.stats().durableFlush')) <= died);
    }
    await b.run('await my.store.flush(); my.store.flushSync();');
    expect(await b.run('return my.store.check()')).toEqual([]);
  });
});

describe('read-only openers', { timeout: 60_000 }, () => {
  test('another user, on a file without write permission, reads and writes not a byte (as root)', async ({ skip }) => {
    if (!isRoot) skip('only root can become another user');
    if (!canStartPuppet(NOBODY)) skip('another user may not read where this is checked out, or run this Node');
    const store = openStore(place.path, { segmentSize: 16384 });
    for (let i = 0; i < 500; i++) store.set(`key ${i}`, { i, pad: 'x'.repeat(i) });
    store.close();
    chmodSync(place.directory, 0o755);
    chmodSync(place.path, 0o444);
    await readsOnly({ uid: NOBODY });
  });

  test.skipIf(isRoot)('on a file without write permission it reads and writes not a byte (skipped as root, who may always write)', async () => {
    openStore(place.path, { segmentSize: 16384 }).close();
    const store = openStore(place.path);
    for (let i = 0; i < 500; i++) store.set(`key ${i}`, { i, pad: 'x'.repeat(i) });
    store.close();
    chmodSync(place.path, 0o444);
    await readsOnly({});
  });

  async function readsOnly(options: { uid?: number }): Promise<void> {
    const before = readFileSync(place.path);
    const { mtimeMs } = statSync(place.path);
    const reader = await startPuppet(options);
    await expect(reader.open()).rejects.toEqual(code('ERR_STORE_IO'));
    await reader.open({ readOnly: true, objectCache: { maxEntries: 10 } });
    expect(
      await reader.run(
        `let wrong = 0; for (let i = 0; i < 500; i++) if (my.store.get('key ' + i).pad.length !== i) wrong++; return [wrong, [...my.store.keys()].length, my.store.has('none')]`,
      ),
    ).toEqual([0, 500, false]);
    expect(await reader.run('return my.store.check()')).toEqual([]);
    await expect(reader.run(`my.store.set('a', 1)`)).rejects.toEqual(code('ERR_STORE_READONLY'));
    await reader.run('my.store.close()');
    expect(readFileSync(place.path).equals(before)).toBe(true);
    expect(statSync(place.path).mtimeMs).toBe(mtimeMs);
  }

  test('beside a living writer it reads what is written; beside a dead one it is told to recover', async () => {
    const [writer, reader, late] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
    await writer.open({ flush: 'manual' });
    await writer.run(`my.store.set('a', 1)`);
    await reader.open({ readOnly: true });
    expect(await reader.run(`return my.store.get('a')`)).toBe(1);
    await writer.run(`for (let i = 0; i < 5000; i++) my.store.set('key ' + i, 'x'.repeat(500));`);
    expect(await reader.run(`return my.store.get('key 4999').length`)).toBe(500);
    await writer.kill('SIGKILL');
    // Nothing was under way, so nothing needs repair: memory is as the writer left it.
    expect(await reader.run(`return my.store.get('key 0').length`)).toBe(500);
    await late.open({ readOnly: true });
    expect(await late.run(`return my.store.get('key 4999').length`)).toBe(500);
  });

  test('on what a writer left half done it is told to recover, and what to do', async () => {
    const [writer, reader] = await Promise.all([startPuppet(), startPuppet()]);
    await writer.open();
    await writer.run(`my.store.set('a', 1)`);
    await writer.runUntil('dead', signalAtStore('SIGKILL', 2, `my.store.setMany([{ key: 'a', value: 2 }, { key: 'b', value: 2 }])`));
    const before = readFileSync(place.path);
    await expect(reader.open({ readOnly: true })).rejects.toEqual(code('ERR_STORE_NEEDS_RECOVERY'));
    expect(readFileSync(place.path).equals(before)).toBe(true);
    await reader.open();
    await reader.run('my.store.close()');
    await reader.open({ readOnly: true });
    expect(await reader.run(`return my.store.getMany(['a', 'b'])`)).toEqual([2, 2]);
  });

  test('on a copy of an open store, as after a power cut, it is told to recover', async () => {
    const [writer, reader] = await Promise.all([startPuppet(), startPuppet()]);
    await writer.open();
    await writer.run(`my.store.set('a', 1); my.store.flushSync(); my.store.set('a', 2);`);
    const copy = JSON.stringify(`${place.path}.copy`);
    copyFileSync(place.path, `${place.path}.copy`);
    await expect(reader.run(`my.openStore(${copy}, { readOnly: true })`)).rejects.toEqual(code('ERR_STORE_NEEDS_RECOVERY'));
    expect(await reader.run(`const store = my.openStore(${copy}); const value = store.get('a'); store.close(); return value;`)).toBe(1);
    await reader.run(`my.openStore(${copy}, { readOnly: true })`);
  });

  test('a writer that stops inside the lock does not keep it from reading', async () => {
    const [writer, reader] = await Promise.all([startPuppet(), startPuppet()]);
    await writer.open();
    await writer.run(expiring);
    await writer.runUntil('stopped', signalInsideTheLock('SIGSTOP'));
    await reader.open({ readOnly: true, busyTimeout: 100 });
    expect(await reader.run(`return my.store.get('expiring')`)).toBe(1);
  });
});

describe('containers', { timeout: 60_000 }, () => {
  const UNSHARE = ['unshare', '--pid', '--fork', '--kill-child'];
  const why = !isRoot ? 'not root' : spawnSync('unshare', [...UNSHARE.slice(1), 'true']).status === 0 ? undefined : 'unshare can not make a pid namespace here';

  test.skipIf(why !== undefined)(
    `two pid namespaces share a store, and the death in one is seen in the other${why === undefined ? '' : ` (skipped: ${why})`}`,
    async () => {
      const [a, b] = await Promise.all([startPuppet({ through: UNSHARE }), startPuppet({ through: UNSHARE })]);
      // Both are process 1 of their own world.
      expect(await Promise.all([a.run('return process.pid'), b.run('return process.pid')])).toEqual([1, 1]);
      await a.open({ busyTimeout: 150 });
      await b.open({ busyTimeout: 150 });
      await a.run(`my.store.set('a', 1); ${expiring}`);
      expect(await b.run(`return my.store.get('a')`)).toBe(1);
      expect(await b.run('return my.store.stats().openers')).toBe(2);
      // Process 1 of a namespace ignores signals it sends itself, but for what its parent world sends.
      await a.run(
        `const { now } = Date; Date.now = () => { Date.now = now; const end = now() + 400; while (now() < end); return now(); }; setImmediate(() => my.store.delete('expiring'));`,
      );
      await a.kill('SIGKILL');
      await b.run(`my.store.set('b', 1)`);
      // The signal reaches the process through the one that made its namespace.
      await expect.poll(() => b.run('return my.store.stats().openers'), { timeout: 10_000 }).toBe(1);
      expect(await b.run(`return [my.store.get('a'), my.store.get('b')]`)).toEqual([1, 1]);
      expect(await b.run('return my.store.check()')).toEqual([]);
    },
  );
});

describe('versions', { timeout: 60_000 }, () => {
  test('a file of another format version is refused, also while others have its like open', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    await a.open();
    await a.run(`my.store.set('a', 1); my.store.flushSync();`);
    const whole = readFileSync(place.path);
    const newer = Buffer.from(whole);
    for (const slot of SUPERBLOCK_SLOTS) for (const copy of SUPERBLOCK_COPIES) newer.writeInt32LE(FORMAT_VERSION + 1, slot + copy + Super.VERSION * 4);
    const setHead = (bytes: Buffer) => {
      const file = openSync(place.path, 'r+');
      writeSync(file, bytes, 0, CONTROL_OFFSET, 0);
      closeSync(file);
    };
    setHead(newer);
    for (const options of [{}, { readOnly: true }]) await expect(b.open(options)).rejects.toEqual(code('ERR_STORE_VERSION'));
    expect(await a.run(`my.store.set('a', 2); return my.store.get('a')`)).toBe(2);
    setHead(whole);
    await b.open();
    expect(await b.run(`return my.store.get('a')`)).toBe(2);
  });
});
