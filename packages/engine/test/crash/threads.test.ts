// Worker threads as owners of a store: what ends a thread ends like a process does.

import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { fileKinds, placeFor } from '../../../../test/support/stores.js';
import { loader } from '../mapping/support.js';

const ENTRY = new URL('../../src/index.ts', import.meta.url).href;

describe.each(fileKinds)('a worker thread, over %s', { timeout: 90_000 }, (kind) => {
  const place = placeFor(kind);

  /** Runs `body` in a thread with a store at `place.path` open; its first message. */
  function start(body: string): { worker: Worker; message: Promise<unknown>; exit: Promise<number> } {
    const source = `
      const { parentPort, workerData: { loader, entry, path, mapping } } = require('node:worker_threads');
      require('node:module').register(loader + '?hooks');
      import(entry).then(({ openStore, closeAll }) => {
        const store = openStore(path, { mapping, flush: 'manual' });
        ${body}
      });`;
    const worker = new Worker(source, { eval: true, workerData: { loader, entry: ENTRY, path: place.path, mapping: kind } });
    const failed = new Promise<never>((_, reject) => worker.once('error', reject));
    const message = Promise.race([new Promise((resolve) => worker.once('message', resolve)), failed]);
    const exit = Promise.race([new Promise<number>((resolve) => worker.once('exit', resolve)), failed]);
    return { worker, message, exit };
  }

  test('reads and writes, and its end without close() is a clean one', async () => {
    const first = start("store.setMany([{ key: 'a', value: new Map([[1, 2n]]) }, { key: 'b', value: 'x' }]); parentPort.postMessage(store.stats().mapping);");
    expect(await first.message).toBe(kind);
    expect(await first.exit).toBe(0);
    const store = place.open();
    expect(store.stats().recovery).toBe('clean');
    expect([store.get('a'), store.get('b')]).toEqual([new Map([[1, 2n]]), 'x']);
  });

  test('one after the other find what the one before wrote', async () => {
    for (let i = 0; i < 4; i++) {
      const { message, exit } = start(`store.set('thread ${i}', ${i}); parentPort.postMessage(store.size);`);
      expect(await message).toBe(i + 1);
      await exit;
    }
    expect(place.open().size).toBe(4);
  });

  test('is an opener of its own, and dead as soon as it is terminated', async () => {
    const store = place.open();
    const { worker, message } = start('parentPort.postMessage([store.opener, store.isOpenerAlive(store.opener)]); setInterval(() => {}, 1000);');
    const [opener, alive] = (await message) as [string, boolean];
    expect([alive, store.isOpenerAlive(opener), opener === store.opener]).toEqual([true, true, false]);
    await worker.terminate();
    expect(store.isOpenerAlive(opener)).toBe(false);
  });

  test('that is terminated in mid-write loses nothing that returned, and gives its lock back', async () => {
    const { worker, message } = start(`
      for (let i = 0; i < 2000; i++) store.set('key ' + i, 'value ' + i);
      parentPort.postMessage(store.size);
      for (let i = 0; ; i++) store.set('more ' + (i % 5000), 'x'.repeat(i % 300));`);
    expect(await message).toBe(2000);
    await worker.terminate();
    const store = place.open();
    for (let i = 0; i < 2000; i++) expect(store.get(`key ${i}`)).toBe(`value ${i}`);
    expect(store.check()).toEqual([]);
  });
});
