// Hits through a host over a store, in turns with another process that does the same over another one: what else the machine does meets both alike, and neither is
// compiled for the other's store. Everything is awaited, one after the other, as a request would.
import { once } from 'node:events';
import { waitedForCpu } from './phases.mjs';

const ROUND = 20;
const TURN_MS = 20;

export async function runHits({ hit }, ms) {
  const spent = { hits: 0, ms: 0, waited: 0 };
  const turn = async (time) => {
    const before = waitedForCpu();
    const start = performance.now();
    do {
      for (let i = 0; i < ROUND; i++) if ((await hit()) !== true) throw new Error('a hit that was none, or not whole');
      spent.hits += ROUND;
    } while (performance.now() - start < time);
    spent.ms += performance.now() - start;
    spent.waited += waitedForCpu() - before;
  };
  // A third of the time for the compiler.
  await turn(ms / 3);
  globalThis.gc();
  Object.assign(spent, { hits: 0, ms: 0, waited: 0 });
  while (spent.ms < ms) {
    const go = once(process, 'message');
    process.send({ ready: true });
    await go;
    await turn(TURN_MS);
  }
  return spent;
}
