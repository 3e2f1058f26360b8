// Real processes: a lock dies with its holder; exits of every kind. What SIGKILL leaves is row 4 of the scorecard.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/index.js';

const WRITER = fileURLToPath(new URL('../../../../test/scorecard/kill/writer.mjs', import.meta.url));
const ENGINE = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href;

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
  path = join(directory, 'store');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function script(code: string): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ['--input-type=module', '-e', `import { openStore, closeAll } from '${ENGINE}';\n${code}`], {
    encoding: 'utf8',
    timeout: 30_000,
  });
}

describe('a process that dies', () => {
  test('while it lives others join it, and who wants to be alone is refused; afterwards not', async () => {
    const child = spawn(process.execPath, [WRITER, path, 'koffi', '7'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const joined = openStore(path);
    expect([joined.stats().recovery, joined.stats().openers]).toEqual(['joined', 2]);
    joined.close();
    expect(() => openStore(path, { exclusive: true })).toThrow(expect.objectContaining({ code: 'ERR_STORE_LOCKED' }));
    child.stdout.resume();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const alone = openStore(path, { exclusive: true });
    expect(alone.stats().recovery).toBe('process-death');
    const worker = new Worker(
      `import('${ENGINE}').then(({ openStore }) => { try { openStore(${JSON.stringify(path)}); postMessage('opened'); } catch (error) { require('node:worker_threads').parentPort.postMessage(error.code); } })`,
      { eval: true },
    );
    expect(await new Promise((resolve) => worker.once('message', resolve))).toBe('ERR_STORE_LOCKED');
    await worker.terminate();
    alone.close();
    openStore(path).close();
  });
});

describe('a process that ends', () => {
  // What keeps the event loop alive is listed there, timers among it.
  const set = `const store = openStore(${JSON.stringify('PATH')}); store.set('a', 1);
    console.log(process.getActiveResourcesInfo().includes('Timeout') ? 'held' : 'free');`;
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
    expect(script(set.replace('PATH', path) + end).stdout).toBe('free\n');
    // Or else it was the time-out that ended it.
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
