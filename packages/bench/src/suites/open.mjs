// Suite `open`: from `openStore` to the first get, in a fresh process: after a clean close, and after the writer was
// SIGKILLed in the middle of overwriting. The file is in the page cache both times, as after any restart of a service.

import { startProgress } from '../progress.mjs';
import { makeFolder, removeFolder, runIn } from '../spawn.mjs';
import { spread } from '../stats.mjs';
import { callTheField } from './field.mjs';

export const PHASES = ['clean', 'killed'];
const FIELD = { names: ['engine-mmap', 'engine-koffi', 'lmdb-tx', 'sqlite-tx'] };
const SIZES = [1_000_000];
// Enough for the writer to be well under way when it is killed.
const LEAST = 10_000;

async function runOne({ contestant: { name }, n, runs, options, step }) {
  const dir = makeFolder(options.dir);
  const job = { contestant: name, n, seed: options.seed, dir };
  const times = { clean: [], killed: [] };
  try {
    await step(() => runIn({ ...job, task: 'fill' }));
    for (let i = 0; i < runs; i++) times.clean.push(await step(() => runIn({ ...job, task: 'open' })));
    for (let i = 0; i < runs; i++) {
      await step(() => runIn({ ...job, task: 'overwrite' }, { killWhenBusy: true }));
      times.killed.push(await step(() => runIn({ ...job, task: 'open' })));
    }
    return times;
  } finally {
    removeFolder(dir);
  }
}

export async function runOpen(options) {
  const { present, absent } = await callTheField(FIELD, options);
  const runs = options.runs ?? 5;
  const sizes = [];
  for (const n of (options.sizes ?? SIZES).map((size) => Math.max(size, LEAST))) {
    const stages = [
      ['filling', 10],
      ...Array(runs).fill(['opening', 1]),
      ...Array(runs)
        .fill([
          ['killing', 2],
          ['opening', 1],
        ])
        .flat(),
    ];
    const steps = present.flatMap(({ name, label }) => stages.map(([what, weight]) => ({ key: `${name} ${what}`, label: `${label}, ${what}`, weight })));
    const progress = startProgress(`open ${n.toLocaleString('en')}`, steps);
    const rows = [];
    const failed = [];
    const raw = {};
    for (const [c, contestant] of present.entries()) {
      let i = c * stages.length;
      try {
        const times = await runOne({ contestant, n, runs, options, step: (work) => progress.step(i++, work) });
        raw[contestant.name] = times;
        const phases = {};
        for (const phase of PHASES) {
          const of = (field) => spread(times[phase].map((time) => time[field]));
          phases[phase] = { openMs: of('openMs'), firstGetMs: of('firstGetMs'), importMs: of('importMs'), sinceProcessStartMs: of('sinceProcessStartMs') };
        }
        rows.push({ name: contestant.name, phases });
      } catch (error) {
        failed.push({ name: contestant.name, reason: error.message });
      }
    }
    progress.stop();
    sizes.push({ n, rows, failed, raw });
  }
  return { absent, sizes };
}
