// Reads of small objects that are all in the heap already: a Map of them, or a store that keeps decoded objects. Keys are new strings in every round, made off the clock.
// A store is opened anew after it was filled, as by a process that reads what others write: what a handle wrote itself, lmdb's cache gives back without a look at the store.
import { createWorkload } from '../workload.mjs';
import { waitedForCpu } from './phases.mjs';

const OBJECTS = 10_000;

const objectOf = (i) => ({
  id: i,
  name: `user ${i}`,
  email: `user${i}@example.org`,
  roles: ['reader', 'writer', `team ${i % 50}`],
  balance: i * 1.5,
  active: i % 3 === 0,
});

/** The time of reads from a store that `open` opens; it is closed in the end. */
export async function runObjects(open, { seed, ms }) {
  const work = createWorkload(seed);
  let store = await open();
  for (const [i, key] of work.keys(work.range(0, OBJECTS)).entries()) await store.set(key, objectOf(i));
  if (store.close) {
    await store.close();
    store = await open();
  }
  const wanted = (OBJECTS * (OBJECTS - 1)) / 2;
  let hits = 0;
  let spent = 0;
  let waited = 0;
  const round = (salt) => {
    const keys = work.keys(work.shuffled(OBJECTS, salt));
    const before = waitedForCpu();
    const start = performance.now();
    let sum = 0;
    for (const key of keys) sum += store.get(key).id;
    spent += performance.now() - start;
    waited += waitedForCpu() - before;
    hits += OBJECTS;
    if (sum !== wanted) throw new Error(`read ${sum} where ${wanted} was stored`);
  };
  for (let salt = 0; spent < ms / 3; salt++) round(salt);
  globalThis.gc();
  hits = spent = waited = 0;
  for (let salt = 1000; spent < ms; salt++) round(salt);
  await store.close?.();
  return { operations: hits, ms: spent, waited };
}
