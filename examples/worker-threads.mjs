// Threads share a store as processes do: nothing is posted, nothing is copied between heaps but what is asked for. Run: node examples/worker-threads.mjs

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openStore } from '@mapstone/engine';

const THREADS = 3;
const LIMIT = 30_000;

if (isMainThread) await runMain();
else work(workerData);

/** Each thread takes every third number, and writes down its smallest divisor. */
function work({ path, thread }) {
  const store = openStore(path);
  for (let n = 2 + thread; n < LIMIT; n += THREADS) store.set(`${n}`, { divisor: smallestDivisor(n), thread });
  store.close();
  parentPort.postMessage('done');
}

function smallestDivisor(n) {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return divisor;
  return n;
}

async function runMain() {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const path = join(directory, 'divisors.mapstone');
  const store = openStore(path);
  const workers = Array.from({ length: THREADS }, (_, thread) => new Worker(new URL(import.meta.url), { workerData: { path, thread } }));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));

  const entries = [...store.entries()];
  const primes = entries.filter(([key, { divisor }]) => divisor === Number(key)).length;
  console.log(`${THREADS} threads wrote ${store.size} entries; the main thread finds ${primes} primes in them`);
  console.log('by thread:', [0, 1, 2].map((thread) => entries.filter(([, value]) => value.thread === thread).length).join(', '));

  store.close();
  rmSync(directory, { recursive: true });
}
