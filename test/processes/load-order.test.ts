// What the read protocol asks of V8, and ECMAScript does not promise: plain loads of memory that is no SharedArrayBuffer stay between two Atomics.load, also when the compiler has optimized them.
// Run on every Node version that is supported (`npm run test:node-matrix`). The same loop with the loads before the first of the two shows that the test can fail.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseMapping } from '../../packages/engine/src/mapping/choose.js';

const ROUNDS = 3_000_000;
const [VERSION, STOP, FIRST, END] = [0, 1, 2, 18];

let directory = '';
let worker: Worker | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-order-'));
});
afterEach(async () => {
  await worker?.terminate();
  rmSync(directory, { recursive: true, force: true });
});

/** Rounds in which the version was even and the same before and after, and how many of them had read words of two writings. */
function readInside(words: Int32Array, rounds: number): { accepted: number; torn: number } {
  let accepted = 0;
  let torn = 0;
  for (let round = 0; round < rounds; round++) {
    const before = Atomics.load(words, VERSION);
    let sum = 0;
    for (let i = FIRST; i < END; i++) sum += words[i];
    if (Atomics.load(words, VERSION) !== before || (before & 1) !== 0) continue;
    accepted++;
    if (sum !== (before >> 1) * (END - FIRST)) torn++;
  }
  return { accepted, torn };
}

/** The same with a plain load first: what the engine does where the processor keeps loads in order. Only a compiler could move it then. */
function readAfterPlain(words: Int32Array, rounds: number): { accepted: number; torn: number } {
  let accepted = 0;
  let torn = 0;
  for (let round = 0; round < rounds; round++) {
    const before = words[VERSION];
    let sum = 0;
    for (let i = FIRST; i < END; i++) sum += words[i];
    if (Atomics.load(words, VERSION) !== before || (before & 1) !== 0) continue;
    accepted++;
    if (sum !== (before >> 1) * (END - FIRST)) torn++;
  }
  return { accepted, torn };
}

/** The same, but half of the loads come before the first look at the version: what a compiler that moves loads would do. */
function readOutside(words: Int32Array, rounds: number): { accepted: number; torn: number } {
  let accepted = 0;
  let torn = 0;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    for (let i = FIRST; i < 10; i++) sum += words[i];
    const before = Atomics.load(words, VERSION);
    for (let i = 10; i < END; i++) sum += words[i];
    if (Atomics.load(words, VERSION) !== before || (before & 1) !== 0) continue;
    accepted++;
    if (sum !== (before >> 1) * (END - FIRST)) torn++;
  }
  return { accepted, torn };
}

test(`plain loads stay between two Atomics.load, ${ROUNDS.toLocaleString('en')} times (V8 ${process.versions.v8})`, { timeout: 120_000 }, async () => {
  const path = join(directory, 'words');
  const mapping = chooseMapping('koffi');
  mapping.create(path, new Uint8Array(0), 4096);
  const file = mapping.open(path, { readOnly: false });
  const { words } = file.map(0, 4096);
  worker = new Worker(new URL('./order.mjs', import.meta.url), { workerData: { path, kind: 'koffi' }, execArgv: [] });
  while (Atomics.load(words, VERSION) === 0) await new Promise((resolve) => setImmediate(resolve));
  let outside = { accepted: 0, torn: 0 };
  // As long as it takes: the two threads may have to share a processor.
  while (outside.torn === 0) outside = readOutside(words, ROUNDS);
  const inside = readInside(words, ROUNDS);
  const afterPlain = readAfterPlain(words, ROUNDS);
  Atomics.store(words, STOP, 1);
  file.close();
  expect(inside.torn).toBe(0);
  expect(inside.accepted).toBeGreaterThan(0);
  if (process.arch === 'x64') expect(afterPlain.torn).toBe(0);
  expect(afterPlain.accepted).toBeGreaterThan(0);
});
