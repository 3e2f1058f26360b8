// The command line. `npm run bench -- [suite ...] [options]`
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const SUITES = ['throughput', 'keyv', 'keyv6', 'durable', 'latency', 'open', 'processes', 'adapters', 'hit-ratio', 'ttl'];

export const USAGE = `npm run bench -- [${SUITES.join(' | ')}] [options]      all suites when none is named

  --n 100000,1000000   keys, one or more sizes (keyv, keyv6: 100000; open: 1000000; processes: 100000; durable: 2000 at most)
  --runs 5             runs of each pair (latency: 3; the slow peers fewer at 1,000,000 keys)
  --only engine,lmdb   contestants whose name starts so; the baseline always runs
  --warmup 100000      keys of a throwaway store that warms the compiler up, no more than --n; 0: cold code
  --seed 1             of keys, values and orders
  --ttl 30             mean TTL of the suite ttl, seconds (30): each cache takes some four times as long
  --wall               leave in the time in which other programs had the CPU
  --trace file.csv     a recorded trace for hit-ratio: columns time,id,size (bytes); default packages/bench/data/cloudphysics.csv
  --dir /tmp           where the files go: the file system matters
  --save               keep the figures and draw the plots in docs/bench
  --quick              smoke run, 15 to 40 seconds by the load: the figures mean nothing`;

const NUMBER = /^\d[\d_]*$/;

function whole(name, text) {
  if (!NUMBER.test(text)) throw new TypeError(`--${name} takes a whole number, not ${text}`);
  return Number(text.replaceAll('_', ''));
}

/** @param {string[]} argv */
export function readOptions(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      n: { type: 'string' },
      runs: { type: 'string' },
      only: { type: 'string' },
      warmup: { type: 'string' },
      seed: { type: 'string', default: '1' },
      dir: { type: 'string', default: tmpdir() },
      trace: { type: 'string' },
      ttl: { type: 'string' },
      wall: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const stranger = positionals.find((suite) => !SUITES.includes(suite));
  if (stranger) throw new TypeError(`no suite is called ${stranger}: ${SUITES.join(', ')}`);
  const { quick } = values;
  const sizes = values.n?.split(',').map((text) => whole('n', text));
  if (sizes?.some((n) => n < 1000)) throw new RangeError('--n takes 1,000 keys or more: below that the clock is what is measured');
  return {
    suites: positionals.length ? positionals : SUITES,
    sizes: sizes ?? (quick ? [1000] : undefined),
    runs: values.runs ? Math.max(1, whole('runs', values.runs)) : quick ? 1 : undefined,
    only: values.only?.split(','),
    warmup: whole('warmup', values.warmup ?? (quick ? '1000' : '100000')),
    seed: whole('seed', values.seed),
    trace: values.trace && resolve(values.trace),
    dir: values.dir,
    ttl: values.ttl && whole('ttl', values.ttl),
    wall: values.wall,
    save: values.save,
    quick,
    help: values.help,
  };
}
