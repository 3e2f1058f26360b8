// Real processes: SIGKILL at any moment loses nothing that had returned; a lock dies with its holder; exits of every kind.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { whyNoMmapIo } from '../../../../test/workspace/toolchain.mjs';
import { openStore } from '../../src/index.js';
import { operations } from './operations.mjs';
import { difference } from './workload.js';

const WRITER = fileURLToPath(new URL('./writer.mjs', import.meta.url));
const ENGINE = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href;
const KILLS = Number(process.env.MAPSTONE_KILLS ?? 30);
const mmapIo = whyNoMmapIo() === undefined;
const SEED = Number(process.env.MAPSTONE_SEED ?? 1);

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
  path = join(directory, 'store');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the writer until it has said that `count` operations returned, kills it, and returns how many it said by then. */
async function killedWriter(count: number, mapping: string, seed: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, path, mapping, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = 0;
  child.stdout.on('data', (chunk) => {
    said += chunk.length;
    if (said >= count) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  return said;
}

/** What a Map would hold after each of the first `count` operations, from number `from` on. */
function modelsAfter(seed: number, from: number, count: number): Map<string, string>[] {
  const model = new Map<string, string>();
  const models: Map<string, string>[] = [];
  let done = 0;
  for (const { sets, deletes } of operations(seed)) {
    if (done >= from) models.push(new Map(model));
    if (done++ === from + count) return models;
    if (deletes !== undefined) model.delete(deletes);
    else for (const { key, value } of sets ?? []) model.set(key, value);
  }
  return models;
}

function script(code: string): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ['--input-type=module', '-e', `import { openStore, closeAll } from '${ENGINE}';\n${code}`], {
    encoding: 'utf8',
    timeout: 30_000,
  });
}

describe('a process that dies', () => {
  test(`${KILLS} writers killed at random moments lose nothing that returned (seed ${SEED})`, { timeout: 180_000 }, async () => {
    const next = random(SEED);
    for (let kill = 0; kill < KILLS; kill++) {
      const mapping = kill % 2 === 0 || !mmapIo ? 'koffi' : 'mmap-io';
      const seed = Math.floor(next() * 2 ** 31);
      const said = await killedWriter(1 + Math.floor(next() * 6000), mapping, seed);
      const store = openStore(path, { mapping });
      expect(store.stats().recovery, `kill ${kill}`).toBe('process-death');
      expect(store.check(), `kill ${kill}`).toEqual([]);
      // All that was said, and then all or nothing of the operation that was under way.
      const differences = modelsAfter(seed, said, 1).map((model) => difference(store, model));
      expect(differences, `kill ${kill}, seed ${seed}, after ${said} operations`).toContain(undefined);
      store.close();
      rmSync(path);
    }
  });

  test('its lock dies with it, and while it lives another process and thread are refused', async () => {
    const child = spawn(process.execPath, [WRITER, path, 'koffi', '7'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'ERR_STORE_LOCKED' }));
    child.stdout.resume();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const store = openStore(path);
    const worker = new Worker(
      `import('${ENGINE}').then(({ openStore }) => { try { openStore(${JSON.stringify(path)}); postMessage('opened'); } catch (error) { require('node:worker_threads').parentPort.postMessage(error.code); } })`,
      { eval: true },
    );
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('ERR_STORE_LOCKED');
    await worker.terminate();
    store.close();
    openStore(path).close();
  });
});

describe('a process that ends', () => {
  const set = `const store = openStore(${JSON.stringify('PATH')}); store.set('a', 1);`;
  const cases: [string, string, string][] = [
    ['without close()', '', 'clean'],
    ['by process.exit()', 'process.exit(0);', 'clean'],
    ['by an uncaught exception', "throw new Error('on purpose');", 'clean'],
    ['by SIGTERM, with no handler', "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 20_000);", 'process-death'],
    [
      'by SIGTERM, with closeAll() in a handler',
      "process.once('SIGTERM', () => { closeAll(); process.exit(0); }); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 20_000);",
      'clean',
    ],
    [
      'by SIGINT, with the same lines for it',
      "process.once('SIGINT', () => { closeAll(); process.exit(0); }); process.kill(process.pid, 'SIGINT'); setTimeout(() => {}, 20_000);",
      'clean',
    ],
  ];
  test.each(cases)('%s keeps what it wrote', (_name, end, recovery) => {
    const started = Date.now();
    script(set.replace('PATH', path) + end);
    // Timers of the store keep no process alive; the bound is generous.
    expect(Date.now() - started).toBeLessThan(15_000);
    const store = openStore(path);
    expect(store.stats().recovery).toBe(recovery);
    expect(store.get('a')).toBe(1);
    expect(store.check()).toEqual([]);
    store.close();
  });

  test('after its interval a write is flushed with nobody asking', async () => {
    const store = openStore(path, { flush: { every: 1 } });
    store.set('a', 1);
    const before = store.stats().durableFlush;
    const keepAlive = setInterval(() => undefined, 1);
    while (store.stats().durableFlush === before) await new Promise((resolve) => setImmediate(resolve));
    clearInterval(keepAlive);
    store.close();
  });
});
