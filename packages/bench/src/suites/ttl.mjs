// Suite `ttl`: entries that expire, as many written as expire. How much a cache holds beside what lives, how long expired entries keep their space when nobody reads, and what
// giving it back costs. On a real clock, some four times the mean TTL for each cache; but in time-lapse: a mean TTL of five minutes beside a sweep each 10 s, which is the default, are
// 30 s and one each second.
import { CACHES } from '../caches/index.mjs';
import { startProgress } from '../progress.mjs';
import { run } from '../spawn.mjs';
import { reasonOf } from './field.mjs';

const KEYS = 1_000_000;
const MEAN_TTL_MS = 30_000;
/** Of a file that would hold them twice: eviction is not what is measured. */
const BYTES_PER_KEY = 400;
/** Of the mean TTL: an interval of the sweep, and how long after the last expiry the space may take to come back before it counts as never. */
const SWEEP = 10 / 300;
const PATIENCE = 0.25;

const FIELD = ['engine', 'lru-cache', 'lru-cache-autopurge', 'cacheable-memory', 'cacheable', 'cacheable-redis', 'node-cache'];

export async function runTtl(options) {
  const { only, seed, quick, ttl } = options;
  const n = (options.sizes ?? [KEYS])[0];
  const meanTtl = ttl ? ttl * 1000 : quick ? 2000 : MEAN_TTL_MS;
  const field = CACHES.filter(({ name }) => FIELD.includes(name) && (!only || only.some((start) => name.startsWith(start))));
  const plan = field.flatMap(({ name, label }) =>
    (name === 'engine' ? [false, true] : [false]).map((reads) => ({ name, label: reads ? `${label}, read` : label, reads })),
  );
  const progress = startProgress(
    `ttl ${n.toLocaleString('en')}`,
    plan.map(({ label }) => ({ key: 'cache', label, weight: 1 })),
  );
  const rows = [];
  const failed = [];
  for (const [i, { name, label, reads }] of plan.entries()) {
    const times = { meanTtl, sweepMs: Math.round(meanTtl * SWEEP), steadyMs: 2 * meanTtl, patienceMs: meanTtl * PATIENCE, lastsMs: 4 * meanTtl };
    const job = { task: 'expiry', cache: name, n, seed, reads, capacity: Math.max(n * BYTES_PER_KEY, 1 << 20), ...times };
    try {
      rows.push({ name, label, reads, ...(await progress.step(i, () => run(job, options.dir))) });
    } catch (error) {
      failed.push({ label, reason: reasonOf(error) });
    }
  }
  progress.stop();
  return { sizes: [], absent: [], n, meanTtl, sweepMs: Math.round(meanTtl * SWEEP), rows, failed };
}
