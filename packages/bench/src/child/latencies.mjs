// The time of every single operation: one clock read between two operations, so a step costs one read and no more.
// What that read costs is measured too, and the report takes it off.
import { setImmediate as turn } from 'node:timers/promises';
import { createWorkload } from '../workload.mjs';

const PACE = 256;

function percentiles(steps) {
  const sorted = Float64Array.from(steps).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

function clockCost(rounds = 100_000) {
  const steps = new Float64Array(rounds);
  let before = performance.now();
  for (let i = 0; i < rounds; i++) {
    const now = performance.now();
    steps[i] = now - before;
    before = now;
  }
  return percentiles(steps).p50;
}

function measure(store, kind, keys, values, steps, from, to) {
  let before = performance.now();
  for (let i = from; i < to; i++) {
    if (kind === 'set') store.set(keys[i], values[i]);
    else store.get(keys[i]);
    const now = performance.now();
    steps[i] = now - before;
    before = now;
  }
}

/** `paced` lets the event loop turn every 256 operations (not timed), as a server would: background work can run. */
async function phase(store, kind, work, order, version, paced) {
  const keys = work.keys(order);
  const values = kind === 'set' ? work.values(order, version) : undefined;
  const steps = new Float64Array(order.length);
  globalThis.gc();
  await turn();
  if (!paced) measure(store, kind, keys, values, steps, 0, order.length);
  else {
    for (let from = 0; from < order.length; from += PACE) {
      measure(store, kind, keys, values, steps, from, Math.min(from + PACE, order.length));
      await turn();
    }
  }
  return percentiles(steps);
}

/** Microseconds by phase: { insert: { p50, p99, p999, max }, ... }, and the clock's own cost. */
export async function runLatencies(store, { n, seed, paced }) {
  const work = createWorkload(seed);
  return {
    clock: clockCost(),
    insert: await phase(store, 'set', work, work.range(0, n), 0, paced),
    overwrite: await phase(store, 'set', work, work.shuffled(n, 1), 1, paced),
    get: await phase(store, 'get', work, work.shuffled(n, 2), 0, paced),
  };
}
