// The mapping between processes and threads: shared memory, locks that die with their holder, read-only pages that are read-only.
import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { fileKinds, killChildren, loader, placeOf, startChild } from './support.js';

const PAGE = 4096;

afterEach(killChildren);

describe.each(fileKinds)('processes over %s', (kind) => {
  const place = placeOf(kind);

  test('add to one word of the file without losing any', async () => {
    const { words } = place.fresh(PAGE).map(0, PAGE);
    const child = startChild('add', kind, place.path, '3', '200000');
    const done = child.line();
    let ended = false;
    done.finally(() => (ended = true));
    let mine = 0;
    while (!ended) {
      for (let i = 0; i < 10_000; i++) Atomics.add(words, 3, 1);
      mine += 10_000;
      await new Promise(setImmediate);
    }
    expect(await done).toBe('done');
    expect(words[3]).toBe(mine + 200_000);
  });

  test('an exclusive lock excludes the other process until SIGKILL takes it', async () => {
    const file = place.fresh(PAGE);
    const child = startChild('lock', kind, place.path, '10', '5');
    expect(await child.line()).toBe('true');
    expect([file.tryLock(14, 1, 'exclusive'), file.tryLock(14, 1, 'shared'), file.tryLock(15, 1, 'exclusive')]).toEqual([false, false, true]);
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    expect(file.tryLock(10, 5, 'exclusive')).toBe(true);
    const second = startChild('lock', kind, place.path, '10', '5');
    expect(await second.line()).toBe('false');
  });

  test('of several that create one file exactly one wins, and the file is whole', async () => {
    const children = Array.from({ length: 4 }, () => startChild('create', kind, place.path, String(1 << 20)));
    const answers = await Promise.all(children.map((child) => child.line()));
    await Promise.all(children.map((child) => child.ended));
    expect(answers.filter((answer) => answer === 'true')).toHaveLength(1);
    const winner = children[answers.indexOf('true')].process.pid;
    const bytes = readFileSync(place.path);
    expect([bytes.length, bytes.toString('latin1').replace(/\0+$/, '')]).toEqual([1 << 20, `${winner}`]);
    expect(readdirSync(place.directory)).toEqual(['store']);
  });

  test('a store into a read-only mapping kills: the pages are read-only', async () => {
    place.fresh(PAGE).map(0, PAGE).bytes[0] = 77;
    const child = startChild('store-read-only', kind, place.path);
    expect(await child.line()).toBe('77');
    expect(await child.ended).toBe(process.platform === 'darwin' ? 'SIGBUS' : 'SIGSEGV');
  });

  test('worker threads map the same memory, and a lock ends with its thread', async () => {
    const file = place.fresh(PAGE);
    const region = file.map(0, PAGE);
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      require('node:module').register(workerData.loader + '?hooks');
      import(workerData.choose).then(async ({ chooseMapping }) => {
        const file = chooseMapping(workerData.kind).open(workerData.path, { readOnly: false });
        const region = file.map(0, 4096);
        Atomics.add(region.words, 0, 1);
        await file.syncAsync(region, 0, 4096);
        parentPort.postMessage(file.tryLock(workerData.at, 1, 'exclusive'));
        setInterval(() => {}, 1 << 30);
      }, (error) => { throw error; });`;
    const choose = new URL('../../src/mapping/choose.ts', import.meta.url).href;
    const workers = [1, 2].map((at) => new Worker(source, { eval: true, workerData: { loader, choose, kind, path: place.path, at } }));
    const locked = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))));
    expect([locked, region.words[0]]).toEqual([[true, true], 2]);
    expect([file.tryLock(1, 1, 'shared'), file.tryLock(2, 1, 'shared')]).toEqual([false, false]);
    await workers[0].terminate();
    expect([file.tryLock(1, 1, 'exclusive'), file.tryLock(2, 1, 'exclusive')]).toEqual([true, false]);
    await workers[1].terminate();
  });
});
