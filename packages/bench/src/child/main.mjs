// One measurement in a process of its own: takes a job as JSON in argv, answers with one message, ends.
// Jobs of a cache: replay (a trace), expiry; of a contestant: probe, throughput, latency, fill, overwrite (until killed), open, shared (beside others), objects; and of an adapter, given by its URL: adapter (what it is), hits.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { loadCache } from '../caches/index.mjs';
import { load } from '../contestants/index.mjs';
import { createWorkload, VALUE_LENGTH } from '../workload.mjs';
import { runExpiry } from './expiry.mjs';
import { runHits } from './hits.mjs';
import { runLatencies } from './latencies.mjs';
import { runObjects } from './objects.mjs';
import { runPhases } from './phases.mjs';
import { runReplay } from './replay.mjs';
import { runShared } from './shared.mjs';

const job = JSON.parse(process.argv[2]);
// Kept to the end: code compiled for the warm-up store would be thrown away with it.
const kept = [];

function place(name) {
  const dir = join(job.dir, name);
  mkdirSync(dir, { recursive: true });
  return dir;
}

async function close(store) {
  const start = performance.now();
  await store.close?.();
  return performance.now() - start;
}

/** All phases once over a small store that is then closed, so that what is measured is not the compiler. */
async function warmUp(contestant) {
  const n = Math.min(job.warmup, job.n);
  if (n === 0) return;
  const store = await contestant.open(place('warm'));
  await runPhases(store, { n, seed: job.seed + 1, async: contestant.async });
  await close(store);
  kept.push(store);
}

async function probe(contestant) {
  const store = await contestant.open(place('probe'));
  await store.set('key', 'value');
  const value = await store.get('key');
  await close(store);
  if (value !== 'value') throw new Error(`answered ${value} for 'value'`);
  return { about: store.about };
}

async function throughput(contestant) {
  await warmUp(contestant);
  const store = await contestant.open(place('store'));
  const { wall, waited } = await runPhases(store, { n: job.n, seed: job.seed, async: contestant.async });
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { wall, waited, heapUsed, rss, closeMs: await close(store), about: store.about };
}

async function latency(contestant) {
  await warmUp(contestant);
  const store = await contestant.open(place('store'));
  const steps = await runLatencies(store, job);
  await close(store);
  return steps;
}

/** Writes n keys and closes cleanly. */
async function fill(contestant) {
  const store = await contestant.open(place('store'));
  await fillStore(store);
  return { closeMs: await close(store) };
}

async function fillStore(store) {
  const work = createWorkload(job.seed);
  for (let from = 0; from < job.n; from += 10_000) {
    const indices = work.range(from, Math.min(from + 10_000, job.n));
    const keys = work.keys(indices);
    const values = work.values(indices, 0);
    const write = () => keys.map((key, i) => store.set(key, values[i]));
    if (store.batch) store.batch(write);
    else await Promise.all(write());
    await turn();
  }
}

/** Overwrites for good, and says so once it is well under way: the parent kills it in the middle. */
async function overwrite(contestant) {
  const work = createWorkload(job.seed);
  const store = await contestant.open(place('store'));
  const order = work.shuffled(job.n, 5);
  for (let from = 0; ; from = (from + 1000) % (job.n - 1000)) {
    const indices = order.subarray(from, from + 1000);
    const keys = work.keys(indices);
    const values = work.values(indices, 1);
    const write = () =>
      keys.forEach((key, i) => {
        store.set(key, values[i]);
      });
    if (store.batch) store.batch(write);
    else write();
    if (from === 5000) process.send({ busy: true });
    await turn();
  }
}

/** The first get of an existing store, then proof that what it opened is whole. */
async function open(contestant, imported) {
  const work = createWorkload(job.seed);
  const [first] = work.keys([job.n >> 1]);
  const start = performance.now();
  const store = await contestant.open(place('store'));
  const opened = performance.now();
  const value = store.get(first);
  const end = performance.now();
  if (value?.length !== VALUE_LENGTH) throw new Error('the first key is gone');
  const sample = work.shuffled(job.n, 6).slice(0, 1000);
  const lost = work.keys(sample).filter((key) => store.get(key)?.length !== VALUE_LENGTH).length;
  if (lost > 0) throw new Error(`${lost} of 1,000 sampled keys are gone`);
  await close(store);
  // performance.now() counts from the start of the process.
  return { openMs: opened - start, firstGetMs: end - start, importMs: imported, sinceProcessStartMs: end };
}

async function adapter({ title, baselines }) {
  return { title, baselines };
}

async function hits(contestant) {
  const opened = await contestant.open(place('store'), job.side);
  const result = await runHits(opened, job.ms);
  await close(opened);
  return result;
}

/** Reads or writes beside others. */
async function shared(contestant) {
  const store = await contestant.open(place('store'));
  if (contestant.isPrivate) await fillStore(store);
  const result = await runShared(store, job, contestant.async);
  await close(store);
  return result;
}

const objects = (contestant) => runObjects(() => contestant.open(place('store')), job);

const replay = (cache) => runReplay(cache, { ...job, dir: place('caches') });

const expiry = (cache) => runExpiry(cache, { ...job, dir: place('caches') });

const JOBS = {
  replay,
  expiry,
  adapter,
  hits,
  shared,
  objects,
  probe,
  throughput,
  latency,
  fill,
  overwrite,
  open,
};

function find() {
  if (job.url) return import(job.url);
  return job.cache ? loadCache(job.cache) : load(job.contestant);
}

try {
  const start = performance.now();
  const contestant = await find();
  const result = await JOBS[job.task](contestant, performance.now() - start);
  process.send({ result }, () => process.disconnect());
} catch (error) {
  const { code, message } = error;
  process.send({ error: { code, message } }, () => process.exit(1));
}
