// One of several processes on one store: opens what another filled, warms up, says it is ready, and starts when all are.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { consume, createWorkload } from '../workload.mjs';
import { waitedForCpu } from './phases.mjs';

const ROUND = 1000;

/** @param {{ role: 'reader' | 'writer', n: number, seed: number, ms: number, number: number }} job */
export async function runShared(store, { role, n, seed, ms, number }, promised) {
  const work = createWorkload(seed);
  const order = work.shuffled(n, 10 + number);
  const keys = work.keys(order);
  const values = role === 'writer' ? work.values(order.subarray(0, 10 * ROUND), 1) : [];
  let at = 0;
  const read = () => {
    let sum = 0;
    for (let end = at + ROUND; at < end; at++) sum += consume(store.get(keys[at]));
    return sum;
  };
  const write = () => {
    for (let i = 0; i < ROUND; i++, at++) store.set(keys[at], values[(at + i) % values.length]);
    return 1;
  };
  const readEach = async () => {
    let sum = 0;
    for (let end = at + ROUND; at < end; at++) sum += consume(await store.get(keys[at]));
    return sum;
  };
  const writeEach = async () => {
    for (let i = 0; i < ROUND; i++, at++) await store.set(keys[at], values[(at + i) % values.length]);
    return 1;
  };
  const round = role === 'writer' ? (promised ? writeEach : write) : promised ? readEach : read;
  const run = async (time) => {
    const start = performance.now();
    let operations = 0;
    let nonsense = 0;
    for (let rounds = 1; performance.now() - start < time; rounds++) {
      if (at + ROUND > n) at = 0;
      if (!((await round()) > 0)) nonsense++;
      operations += ROUND;
      // Background flushes get a turn, as in a program that also does something else.
      if (rounds % 20 === 0) await turn();
    }
    if (nonsense > 0) throw new Error('a read that gave nothing');
    return { operations, ms: performance.now() - start };
  };
  await run(ms / 3);
  globalThis.gc();
  process.send({ ready: true });
  await once(process, 'message');
  const before = waitedForCpu();
  const result = await run(ms);
  return { ...result, waited: waitedForCpu() - before };
}
