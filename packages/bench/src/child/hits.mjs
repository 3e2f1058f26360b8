// Hits through hosts over two stores, in turns of a few milliseconds: what else the machine does meets both alike. Everything is awaited, one after the
// other, as a request would.
import { waitedForCpu } from './phases.mjs';

const ROUND = 20;
const TURN_MS = 10;

async function turn({ hit }, spent) {
  const before = waitedForCpu();
  const start = performance.now();
  do {
    for (let i = 0; i < ROUND; i++) if ((await hit()) !== true) throw new Error('a hit that was none, or not whole');
    spent.hits += ROUND;
  } while (performance.now() - start < TURN_MS);
  spent.ms += performance.now() - start;
  spent.waited += waitedForCpu() - before;
}

/** For each of the two, `ms` in all. Who goes first changes with every pair of turns. */
export async function runHits(both, ms) {
  const measure = async (time) => {
    const spent = both.map(() => ({ hits: 0, ms: 0, waited: 0 }));
    for (let first = 0; spent[0].ms + spent[1].ms < 2 * time; first = 1 - first) {
      for (const at of [first, 1 - first]) await turn(both[at], spent[at]);
    }
    return spent;
  };
  // A third of the time for the compiler.
  await measure(ms / 3);
  globalThis.gc();
  return measure(ms);
}
