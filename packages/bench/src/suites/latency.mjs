// Suite `latency`: how long single operations take, in runs of their own. Twice: one tight loop (background work never
// gets a turn: the worst case), and paced, with a turn of the event loop every 256 operations.

import { byName } from '../contestants/index.mjs';
import { startProgress } from '../progress.mjs';
import { run } from '../spawn.mjs';
import { median, percentiles, spread } from '../stats.mjs';
import { callTheField } from './field.mjs';

export const PHASES = ['insert', 'overwrite', 'get'];
const FIELD = { baseline: 'map', names: ['engine-mmap', 'engine-koffi', 'engine-memory', 'lmdb', 'sqlite'] };
const SIZES = [100_000, 1_000_000];

/**
 * Over runs: the median of each percentile, the largest maximum; `own`: of what each operation takes in the median of the runs, which all do the same, so that what stays is
 * what the store does at that operation, and not what the machine did at that moment. Tails are (p99.9 - clock) / (p50 - clock).
 */
function summarise(runs) {
  const phases = {};
  const clock = median(runs.map((each) => each.clock));
  const tail = ({ p50, p999 }) => (p999 - clock) / Math.max(p50 - clock, 0.001);
  for (const phase of PHASES) {
    const of = (pick) => spread(runs.map((each) => pick(each[phase])));
    const own = percentiles(typical(runs.map((each) => decode(each[phase].steps))));
    phases[phase] = {
      p50: of(({ p50 }) => p50),
      p99: of(({ p99 }) => p99),
      p999: of(({ p999 }) => p999),
      max: of(({ max }) => max),
      tail: of(tail),
      own: { ...own, tail: tail(own) },
    };
  }
  const alone = (field) => spread(runs.map((each) => each[field]));
  return { phases, clock: alone('clock'), stallsPerSecond: alone('stallsPerSecond'), stall: alone('stall') };
}

function decode(steps) {
  const bytes = Buffer.from(steps, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The median of each operation over the runs. */
function typical(runs) {
  return runs[0].map((_, i) => median(runs.map((steps) => steps[i])));
}

/** A run without its single steps. */
const stripped = (run) => ({ ...run, ...Object.fromEntries(PHASES.map((phase) => [phase, { ...run[phase], steps: undefined }])) });

export async function runLatency(options) {
  const { present, absent } = await callTheField(FIELD, options);
  const field = [byName(FIELD.baseline), ...present];
  const runs = options.runs ?? 3;
  const sizes = [];
  for (const n of options.sizes ?? SIZES) {
    const plan = [];
    for (let round = 1; round <= runs; round++) {
      for (const contestant of field) for (const paced of options.quick ? [false] : [false, true]) plan.push({ contestant, paced, round });
    }
    const progress = startProgress(
      `latency ${n.toLocaleString('en')}`,
      plan.map(({ contestant: { name, label, weight }, paced, round }) => ({
        key: `${name} ${paced}`,
        label: `${label}, ${paced ? 'paced' : 'tight'}, run ${round}/${runs}`,
        weight,
      })),
    );
    const raw = new Map();
    const failed = [];
    for (const [
      i,
      {
        contestant: { name },
        paced,
      },
    ] of plan.entries()) {
      if (failed.some((entry) => entry.name === name)) continue;
      const key = `${name}/${paced ? 'paced' : 'tight'}`;
      const job = { task: 'latency', contestant: name, n, paced, seed: options.seed, warmup: options.warmup };
      try {
        const result = await progress.step(i, () => run(job, options.dir));
        raw.set(key, [...(raw.get(key) ?? []), result]);
      } catch (error) {
        failed.push({ name, reason: error.message });
      }
    }
    progress.stop();
    const rows = [...raw].map(([key, results]) => {
      const [name, pace] = key.split('/');
      return { name, pace, ...summarise(results) };
    });
    sizes.push({ n, rows, failed, raw: Object.fromEntries([...raw].map(([key, results]) => [key, results.map(stripped)])) });
  }
  return { absent, sizes };
}
