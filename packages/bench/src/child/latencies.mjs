// The time of every single operation: one clock read between two operations, so a step costs one read and no more.
// What that read costs is measured too, and the report takes it off.
import { setImmediate as turn } from 'node:timers/promises';
import { percentiles } from '../stats.mjs';
import { consume, createWorkload } from '../workload.mjs';

const PACE = 256;
const STALL_MS = 0.003;

/** Written once beforehand: the first store to a fresh page is a fault of 3 us, and 512 steps share a page. */
const allotted = (length) => new Float64Array(length).fill(1);

/**
 * The same loop without a store: what the clock costs, and how often the machine stops it for more than 3 us (timer ticks,
 * the hypervisor, other programs). Where that hits one operation in a thousand, p99.9 tells of the machine.
 */
function clockAlone(rounds = 1_000_000) {
  const steps = allotted(rounds);
  const start = performance.now();
  let before = performance.now();
  for (let i = 0; i < rounds; i++) {
    const now = performance.now();
    steps[i] = now - before;
    before = now;
  }
  const stalls = steps.filter((step) => step > STALL_MS);
  const seconds = (before - start) / 1000;
  return { clock: percentiles(steps).p50, stallsPerSecond: stalls.length / seconds, stall: stalls.length ? percentiles(stalls).p50 : 0 };
}

function measure(store, kind, keys, values, steps, from, to) {
  let sum = 0;
  let before = performance.now();
  for (let i = from; i < to; i++) {
    if (kind === 'set') store.set(keys[i], values[i]);
    // Used, or the compiler drops a Map's get altogether.
    else sum += consume(store.get(keys[i]));
    const now = performance.now();
    steps[i] = now - before;
    before = now;
  }
  return sum;
}

/** `paced` lets the event loop turn every 256 operations (not timed), as a server would: background work can run. */
async function phase(store, kind, work, order, version, paced) {
  const keys = work.keys(order);
  const values = kind === 'set' ? work.values(order, version) : undefined;
  const steps = allotted(order.length);
  globalThis.gc();
  await turn();
  let sum = 0;
  if (!paced) sum = measure(store, kind, keys, values, steps, 0, order.length);
  else {
    for (let from = 0; from < order.length; from += PACE) {
      sum += measure(store, kind, keys, values, steps, from, Math.min(from + PACE, order.length));
      await turn();
    }
  }
  if (kind === 'get' && sum !== work.expected(order, version)) throw new Error('get answered wrongly');
  return { ...percentiles(steps), steps: Buffer.from(Float32Array.from(steps).buffer).toString('base64') };
}

/** Microseconds by phase: { insert: { p50, p99, p999, max, steps }, ... }, and what the loop does without a store. `steps`: each operation's ms, as the base64 of 32-bit floats. */
export async function runLatencies(store, { n, seed, paced }) {
  const work = createWorkload(seed);
  return {
    ...clockAlone(),
    insert: await phase(store, 'set', work, work.range(0, n), 0, paced),
    overwrite: await phase(store, 'set', work, work.shuffled(n, 1), 1, paced),
    get: await phase(store, 'get', work, work.shuffled(n, 2), 1, paced),
  };
}
