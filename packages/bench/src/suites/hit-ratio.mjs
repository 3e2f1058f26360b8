// Suite `hit-ratio`: the share of requests that a cache of a given size does not have, on traces, beside simulators of S3-FIFO and LRU over objects.
// Not timed: the same seed gives the same figures on any machine.
import { CACHES } from '../caches/index.mjs';
import { startProgress } from '../progress.mjs';
import { run } from '../spawn.mjs';
import { absence, RECORDED, TRACES } from '../traces/index.mjs';
import { reasonOf } from './field.mjs';

/** Of a trace's footprint. */
export const SHARES = [0.01, 0.05, 0.1, 0.2];
const ALWAYS = ['s3-fifo', 'lru'];
/** A million requests one after the other over a socket take minutes: on the recorded trace, or where it is asked for by name. */
const SLOW = 'cacheable-redis';
const FIELD = [...ALWAYS, 'engine', 'lru-cache', 'cacheable-memory', 'node-cache', SLOW];

export async function runHitRatio(options) {
  const { only, seed, quick, trace } = options;
  const field = CACHES.filter(({ name }) => FIELD.includes(name) && (ALWAYS.includes(name) || !only || only.some((start) => name.startsWith(start))));
  const absent = [];
  const traces = TRACES.filter((each) => {
    const reason = absence(each, options);
    if (reason) absent.push({ label: each.title, reason });
    return !reason;
  });
  const fieldOf = (trace) => field.filter(({ name }) => name !== SLOW || only || trace.name === RECORDED);
  const weights = { engine: 3, [SLOW]: 10 };
  const steps = traces.flatMap((trace) =>
    fieldOf(trace).map(({ name, label }) => ({ key: name, label: `${trace.title}: ${label}`, weight: weights[name] ?? 1 })),
  );
  const progress = startProgress('hit-ratio', steps);
  const results = [];
  let at = 0;
  for (const each of traces) {
    const rows = [];
    const failed = [];
    let about;
    for (const { name, label } of fieldOf(each)) {
      try {
        const job = { task: 'replay', cache: name, trace: each, shares: SHARES, seed, quick };
        const { footprint, requests, objects, sizes } = await progress.step(at, () => run({ ...job, file: trace }, options.dir));
        about = { footprint, requests, objects };
        rows.push({ name, label, sizes: sizes.map((size) => ({ ...size, missRatio: size.misses / requests })) });
      } catch (error) {
        failed.push({ label, reason: reasonOf(error) });
      }
      at++;
    }
    results.push({ ...each, ...about, rows, failed });
  }
  progress.stop();
  return { sizes: [], absent, traces: results };
}
