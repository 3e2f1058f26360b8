// Hits through an adapter or its host's own store, for a given time: everything awaited, one after the other, as a request would.
import { waitedForCpu } from './phases.mjs';

const ROUND = 50;

export async function runHits({ hit }, ms) {
  const round = async () => {
    for (let i = 0; i < ROUND; i++) if ((await hit()) !== true) throw new Error('a hit that was none, or not whole');
  };
  // A third of the time for the compiler.
  const warm = performance.now() + ms / 3;
  do await round();
  while (performance.now() < warm);
  globalThis.gc();
  const before = waitedForCpu();
  const start = performance.now();
  let hits = 0;
  do {
    await round();
    hits += ROUND;
  } while (performance.now() - start < ms);
  return { hits, ms: performance.now() - start, waited: waitedForCpu() - before };
}
