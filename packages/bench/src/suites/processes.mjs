// Suite `processes`: what it costs, and brings, that several processes share a store. Readers and a writer in processes of their own on one file;
// the shared protocol beside `exclusive: true`; objects kept in the heap beside a Map of them.
import { byName, serverOf } from '../contestants/index.mjs';
import { startProgress } from '../progress.mjs';
import { makeFolder, removeFolder, run, runIn, runTogether } from '../spawn.mjs';
import { spread } from '../stats.mjs';
import { callTheField } from './field.mjs';

const SHARING = ['map-each', 'engine-mmap', 'engine-koffi', 'lmdb', 'sqlite', 'redis'];
/** Each beside whom it is held against, and the least ratio wanted. */
const PAIRS = [
  { what: 'get, shared against exclusive', role: 'reader', own: 'engine-mmap', base: 'engine-mmap-exclusive', least: 0.9 },
  { what: 'set, shared against exclusive', role: 'writer', own: 'engine-mmap', base: 'engine-mmap-exclusive', least: 0.9 },
  { what: 'an object kept in the heap, against a Map of the same', task: 'objects', own: 'engine-mmap-objects', base: 'map', least: 0.6 },
  { what: 'the same, against lmdb with its cache on, validated', task: 'objects', own: 'engine-mmap-objects', base: 'lmdb-validated', least: 5 },
  { what: 'the same, against one that sees no other process', task: 'objects', own: 'engine-mmap-objects', base: 'lmdb-objects', least: 5 },
  { what: 'the same, against lmdb without', task: 'objects', own: 'engine-mmap-objects', base: 'lmdb-structured', least: 5 },
];
/** In `apart` the writer has another store: what the reader loses then, it loses to the machine (caches, memory) and not to sharing. */
const CROWDS = { alone: ['reader'], two: ['reader', 'reader'], beside: ['reader', 'writer'], apart: ['reader', 'writer'] };

const MS = 1500;

/** Operations a second, the time taken off in which other programs had the CPU. */
const rateOf = ({ operations, ms, waited }, { wall }) => (operations / (ms - (wall ? 0 : waited))) * 1000;

async function share(contestant, n, runs, options, step) {
  const folder = makeFolder(options.dir);
  const other = makeFolder(options.dir);
  const job = { contestant: contestant.name, n, seed: options.seed, dir: folder };
  const ms = options.quick ? 100 : MS;
  const stop = await serverOf(contestant.name, folder);
  const dirOf = (crowd, role) => (crowd === 'apart' && role === 'writer' ? other : folder);
  try {
    await step(async () => {
      if (!contestant.private) for (const dir of stop ? [folder] : [folder, other]) await runIn({ ...job, dir, task: 'fill' });
    });
    const rounds = [];
    for (let i = 0; i < runs; i++) {
      const rates = {};
      for (const [name, roles] of Object.entries(CROWDS)) {
        // Where the store is a server, both would be that one's.
        if (name === 'apart' && stop) {
          await step(() => undefined);
          continue;
        }
        const jobs = roles.map((role, number) => ({ ...job, dir: dirOf(name, role), task: 'shared', role, number, ms }));
        const results = await step(() => runTogether(jobs));
        rates[name] = results.map((result) => rateOf(result, options));
      }
      rounds.push(rates);
    }
    const figure = (of) => spread(rounds.map(of));
    return {
      name: contestant.name,
      alone: figure(({ alone }) => alone[0]),
      two: figure(({ alone, two }) => (two[0] + two[1]) / alone[0]),
      beside: figure(({ alone, beside }) => beside[0] / alone[0]),
      apart: stop ? undefined : figure(({ alone, apart }) => apart[0] / alone[0]),
      writer: figure(({ beside }) => beside[1]),
      raw: rounds,
    };
  } finally {
    stop?.();
    removeFolder(folder);
    removeFolder(other);
  }
}

/** One of a pair, alone on a store of its own. */
async function single(name, { task, role }, n, options) {
  const ms = options.quick ? 100 : MS;
  const job = { contestant: name, n, seed: options.seed };
  if (task === 'objects') return rateOf(await run({ ...job, task, ms }, options.dir), options);
  const folder = makeFolder(options.dir);
  try {
    await runIn({ ...job, dir: folder, task: 'fill' });
    const [result] = await runTogether([{ ...job, dir: folder, task: 'shared', role, number: 0, ms }]);
    return rateOf(result, options);
  } finally {
    removeFolder(folder);
  }
}

export async function runProcesses(options) {
  const { present, absent } = await callTheField({ names: SHARING }, options);
  const n = (options.sizes ?? [100_000])[0];
  const runs = options.runs ?? 5;
  const crowds = Object.keys(CROWDS);
  const stages = (name) => [
    { key: `${name} fill`, label: `${byName(name).label}, filling`, weight: 2 },
    ...Array.from({ length: runs }, () => crowds.map((crowd) => ({ key: name, label: `${byName(name).label}, ${crowd}`, weight: 1 }))).flat(),
  ];
  const ask = await callTheField({ names: [...new Set(PAIRS.flatMap(({ own, base }) => [own, base]))] }, options);
  const missing = new Set(ask.absent.map(({ name }) => name));
  const pairs = PAIRS.filter(({ own, base }) => ask.present.some(({ name }) => name === own) && !missing.has(base) && !missing.has(own));
  const steps = [...present.flatMap(({ name }) => stages(name)), ...pairs.flatMap((pair) => Array(runs).fill({ key: pair.what, label: pair.what, weight: 2 }))];
  const progress = startProgress(`processes ${n.toLocaleString('en')}`, steps);
  let at = 0;
  const rows = [];
  const failed = [];
  for (const contestant of present) {
    const next = at + 1 + runs * crowds.length;
    try {
      rows.push(await share(contestant, n, runs, options, (work) => progress.step(at++, work)));
    } catch (error) {
      failed.push({ name: contestant.name, reason: error.message });
    }
    at = next;
  }
  const ratios = [];
  for (const pair of pairs) {
    const measured = [];
    try {
      for (let i = 0; i < runs; i++) {
        measured.push(
          await progress.step(at + i, async () => {
            const base = await single(pair.base, pair, n, options);
            const own = await single(pair.own, pair, n, options);
            return { base, own };
          }),
        );
      }
      ratios.push({
        ...pair,
        base: spread(measured.map(({ base }) => base)),
        own: spread(measured.map(({ own }) => own)),
        ratio: spread(measured.map(({ base, own }) => own / base)),
      });
    } catch (error) {
      failed.push({ name: pair.own, reason: `${pair.what}: ${error.message}` });
    }
    at += runs;
  }
  progress.stop();
  return { sizes: [], absent: [...absent, ...ask.absent.filter(({ name }) => !SHARING.includes(name))], n, rows, ratios, failed };
}
