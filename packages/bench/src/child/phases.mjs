// The throughput phases, each timed alone. A phase is: make fresh strings, collect garbage, let the event loop turn,
// then one tight loop between two clock reads. The same code runs for a Map and for every store.
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { consume, createWorkload } from '../workload.mjs';

const BATCH = 1000;
const GARBAGE = Buffer.alloc(100, 'x');

function setAll(store, keys, values, from, to) {
  for (let i = from; i < to; i++) store.set(keys[i], values[i]);
  return 0;
}

function getAll(store, keys, _values, from, to) {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const value = store.get(keys[i]);
    if (value !== undefined) sum += consume(value);
  }
  return sum;
}

function deleteAll(store, keys, _values, from, to) {
  for (let i = from; i < to; i++) store.delete(keys[i]);
  return 0;
}

// The same three loops, awaited one by one, for contracts that are promises (Keyv).
async function setEach(store, keys, values, from, to) {
  for (let i = from; i < to; i++) await store.set(keys[i], values[i]);
  return 0;
}

async function getEach(store, keys, _values, from, to) {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const value = await store.get(keys[i]);
    if (value !== undefined) sum += consume(value);
  }
  return sum;
}

async function deleteEach(store, keys, _values, from, to) {
  for (let i = from; i < to; i++) await store.delete(keys[i]);
  return 0;
}

const LOOPS = {
  sync: { set: setAll, get: getAll, delete: deleteAll },
  async: { set: setEach, get: getEach, delete: deleteEach },
};

/**
 * Fills V8's young generation a few times over with strings that are thrown away, so that its pages have been stored to, as in any process that has run for a while. What a new process
 * pays for the first store to each of them (10 to 20 us on some virtual machines) is not the store's, which hands out a new string for each get, nor the Map's, which hands out what it holds.
 */
function touchYoungGeneration() {
  for (let i = 0; i < 500_000; i++) GARBAGE.latin1Slice(0, GARBAGE.length);
}

/** Runs one loop over all keys; a store with `batch` gets its writes in transactions of 1,000. */
function drive(store, loop, kind, keys, values) {
  if (!store.batch || kind === 'get') return loop(store, keys, values, 0, keys.length);
  for (let from = 0; from < keys.length; from += BATCH) {
    store.batch(() => loop(store, keys, values, from, Math.min(from + BATCH, keys.length)));
  }
  return 0;
}

/** Milliseconds this thread was ready to run while the kernel ran others; 0 where Linux doesn't tell. */
export function waitedForCpu() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Each phase by name: what it does, over which keys, and what a correct store must have answered. */
function plan(work, n) {
  const all = (salt) => work.shuffled(n, salt);
  const dead = work.shuffled(n, 3).slice(0, Math.floor(n / 10));
  const living = work.shuffled(n, 3).slice(Math.floor(n / 10));
  return [
    { name: 'insert', kind: 'set', indices: () => work.range(0, n), version: 0 },
    { name: 'get', kind: 'get', indices: () => all(1), expected: (order) => work.expected(order, 0) },
    { name: 'miss', kind: 'get', indices: () => work.range(n, 2 * n), expected: () => 0 },
    { name: 'overwrite', kind: 'set', indices: () => all(2), version: 1 },
    { name: 'delete', kind: 'delete', indices: () => dead },
    { name: 'get again', kind: 'get', indices: () => all(4), expected: () => work.expected(living, 1) },
  ];
}

/**
 * @param {object} store what a contestant's `open` returned
 * @param {{ n: number, seed: number, async?: boolean }} options
 * @returns {Promise<{ wall: Record<string, number>, waited: Record<string, number> }>} milliseconds by phase
 */
export async function runPhases(store, { n, seed, async: promised }) {
  const work = createWorkload(seed);
  const loops = LOOPS[promised ? 'async' : 'sync'];
  const wall = {};
  const waited = {};
  for (const { name, kind, indices, version, expected } of plan(work, n)) {
    const order = indices();
    const keys = work.keys(order);
    const values = kind === 'set' ? work.values(order, version) : undefined;
    // Garbage of the preparation and of the phase before must not be paid inside this one.
    globalThis.gc();
    touchYoungGeneration();
    await turn();
    const before = waitedForCpu();
    const start = performance.now();
    const pending = drive(store, loops[kind], kind, keys, values);
    const sum = promised ? await pending : pending;
    wall[name] = performance.now() - start;
    waited[name] = waitedForCpu() - before;
    const wanted = expected?.(order) ?? 0;
    if (sum !== wanted) throw new Error(`${name} read ${sum} where ${wanted} was stored: the answers are wrong`);
  }
  return { wall, waited };
}
