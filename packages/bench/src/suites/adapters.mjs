// Suite `adapters`: a hit through each adapter, its host around it, beside the host's own or most used store.
// A contestant is a file packages/<adapter>/bench/<name>.mjs; it is found there, where its hosts are installed, and exports
//   title                      what the table says
//   baselines                  [{ side, label, least }]: whom it is held against, and the ratio that is wanted
//   open(dir, side)            the host over that baseline, or over the adapter (side 'mapstone'), warm: { hit, close }
//                              hit() is one lookup through the host, or a promise of it; true if what came is whole and came from the cache.
import { existsSync, readdirSync } from 'node:fs';
import { startProgress } from '../progress.mjs';
import { run, runInTurns } from '../spawn.mjs';
import { median, spread } from '../stats.mjs';

const PACKAGES = new URL('../../../', import.meta.url);

function find(only) {
  const found = [];
  for (const name of readdirSync(PACKAGES).sort()) {
    const folder = new URL(`${name}/bench/`, PACKAGES);
    if (name === 'bench' || !existsSync(folder)) continue;
    for (const file of readdirSync(folder)
      .filter((entry) => entry.endsWith('.mjs'))
      .sort()) {
      const id = `${name}/${file.slice(0, -4)}`;
      if (only && !only.some((start) => id.startsWith(start) || file.startsWith(start))) continue;
      found.push({ id, url: new URL(file, folder).href });
    }
  }
  return found;
}

/** What a contestant is held against; its module is loaded in a child only, so its hosts leave nothing here. */
const describeIn = (contestant, options) => run({ task: 'adapter', url: contestant.url }, options.dir);

export async function runAdapters(options) {
  const rows = [];
  const failed = [];
  const runs = options.runs ?? 3;
  const entries = [];
  for (const contestant of find(options.only)) {
    try {
      entries.push({ ...contestant, ...(await describeIn(contestant, options)) });
    } catch (error) {
      failed.push({ name: contestant.id, reason: error.message.split('\n')[0] });
    }
  }
  const plan = entries.flatMap((entry) => entry.baselines.map((baseline) => ({ entry, baseline })));
  const rounds = Array.from({ length: runs }, (_, i) => i + 1);
  const step = (id, side, round) => ({ key: id + side, label: `${id} against ${side}, run ${round}/${runs}`, weight: 1 });
  const steps = plan.flatMap(({ entry, baseline }) => rounds.map((round) => step(entry.id, baseline.side, round)));
  const progress = startProgress('adapters', steps);
  let at = 0;
  for (const pair of plan) {
    const results = [];
    try {
      const jobs = [pair.baseline.side, 'mapstone'].map((side) => ({ task: 'hits', url: pair.entry.url, side, ms: options.quick ? 30 : 1000 }));
      for (let i = 0; i < runs; i++) results.push(await progress.step(at + i, () => runInTurns(jobs, options.dir)));
      rows.push(summary(pair, results, options));
    } catch (error) {
      failed.push({ name: `${pair.entry.id} against ${pair.baseline.label}`, reason: error.message.split('\n')[0] });
    }
    at += runs;
  }
  progress.stop();
  return { sizes: [], absent: [], rows, failed };
}

function summary({ entry, baseline }, results, { wall }) {
  const micros = ({ hits, ms, waited }) => ((ms - (wall ? 0 : waited)) / hits) * 1000;
  return {
    name: entry.id,
    title: entry.title,
    ...baseline,
    base: median(results.map(([base]) => micros(base))),
    own: median(results.map(([, own]) => micros(own))),
    ratio: spread(results.map(([base, own]) => micros(base) / micros(own))),
    raw: results,
  };
}
