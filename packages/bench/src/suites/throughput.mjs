// Suites `throughput` (against a Map), `keyv` and `keyv6` (against that Keyv over a Map) and `durable` (every write on disk before it
// returns): operations a second, phase by phase.
import { spread } from '../stats.mjs';
import { callTheField } from './field.mjs';
import { runPairs } from './pairs.mjs';

export const PHASES = ['insert', 'get', 'miss', 'overwrite', 'delete', 'get again'];

const FIELDS = {
  throughput: {
    baseline: 'map',
    names: ['engine-mmap', 'engine-koffi', 'engine-memory', 'lmdb', 'lmdb-tx', 'sqlite', 'sqlite-tx'],
    sizes: [100_000, 1_000_000],
  },
  keyv: {
    baseline: 'keyv-map',
    names: ['map', 'keyv-map-raw', 'keyv-mmap', 'keyv-koffi', 'keyv-lmdb'],
    sizes: [100_000],
  },
  keyv6: {
    baseline: 'keyv6-map',
    names: ['keyv6-map-raw', 'keyv6-mmap', 'keyv6-koffi'],
    sizes: [100_000],
  },
  durable: {
    baseline: 'map',
    names: ['engine-mmap-always', 'engine-koffi-always', 'lmdb-sync', 'sqlite-full'],
    // A disk flush each: more keys would only take longer.
    sizes: [2000],
    most: 2000,
  },
};

const operations = (phase, n) => (phase === 'delete' ? Math.floor(n / 10) : n);

/** What the other programs of the machine took is taken off, unless `--wall`. */
const timer =
  ({ wall: keep }) =>
  ({ wall, waited }, phase) =>
    wall[phase] - (keep ? 0 : waited[phase]);

function row(name, runs, n, time, ratios) {
  const phases = {};
  for (const phase of PHASES) {
    phases[phase] = {
      perSecond: spread(runs.map((each) => (operations(phase, n) / time(each, phase)) * 1000)),
      ratio: ratios?.(phase),
    };
  }
  return {
    name,
    runs: runs.length,
    phases,
    heapUsed: spread(runs.map((run) => run.heapUsed)),
    rss: spread(runs.map((run) => run.rss)),
    closeMs: spread(runs.map((run) => run.closeMs)),
  };
}

/** The share of the measured time in which other programs had the CPU. */
function shareWaited(results) {
  const all = [...results.values()]
    .filter(Array.isArray)
    .flat()
    .flatMap(({ base, own }) => [base, own]);
  const total = (field) => all.flatMap((each) => Object.values(each[field])).reduce((sum, ms) => sum + ms, 0);
  return total('waited') / total('wall');
}

/** @returns {Promise<{ baseline: string, absent: object[], sizes: object[] }>} */
export async function runThroughput(suite, options) {
  const field = FIELDS[suite];
  const { present, absent } = await callTheField(field, options);
  const time = timer(options);
  const sizes = [];
  const wanted = (options.sizes ?? field.sizes).map((size) => Math.min(size, field.most ?? size));
  for (const n of new Set(wanted)) {
    const results = await runPairs({
      title: `${suite} ${n.toLocaleString('en')}`,
      baseline: field.baseline,
      present,
      n,
      runs: options.runs ?? 5,
      options,
      job: { task: 'throughput' },
    });
    const rows = [];
    const failed = [];
    const bases = [];
    for (const [name, pairs] of results) {
      if (pairs instanceof Error) failed.push({ name, reason: pairs.message });
      else {
        bases.push(...pairs.map(({ base }) => base));
        if (name === field.baseline) continue;
        const ratio = (phase) => spread(pairs.map(({ base, own }) => time(base, phase) / time(own, phase)));
        rows.push(
          row(
            name,
            pairs.map(({ own }) => own),
            n,
            time,
            ratio,
          ),
        );
      }
    }
    if (bases.length) rows.unshift(row(field.baseline, bases, n, time));
    const raw = [...results].filter(([, pairs]) => !(pairs instanceof Error)).map(([name, pairs]) => ({ name, pairs }));
    sizes.push({ n, rows, failed, waited: shareWaited(results), raw });
  }
  return { baseline: field.baseline, absent, sizes };
}
