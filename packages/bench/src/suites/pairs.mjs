// Measures every contestant beside a baseline that ran just before it: baseline, X, baseline, X, ...
// What the machine does to one, it has just done to the other; a ratio is always taken inside such a pair.
import { byName } from '../contestants/index.mjs';
import { startProgress } from '../progress.mjs';
import { run } from '../spawn.mjs';

const SLOW_FROM = 500_000;

/**
 * @returns {Promise<Map<string, { base: object, own: object }[] | Error>>} pairs by contestant, in order of running
 */
export async function runPairs({ title, baseline, present, n, runs, options, job }) {
  const first = byName(baseline);
  const rounds = [];
  for (let round = 1; round <= runs; round++) {
    for (const contestant of present) {
      const limit = contestant.slow && n >= SLOW_FROM && !options.runs ? Math.min(contestant.slow, runs) : runs;
      if (round <= limit) rounds.push({ contestant, round });
    }
    // Alone, so that a run without other contestants still shows the baseline.
    if (present.length === 0) rounds.push({ contestant: first, round });
  }
  const steps = rounds.flatMap(({ contestant, round }) =>
    [first, contestant].map(({ name, label, weight }) => ({
      key: name,
      label: `${label}, run ${round}/${runs}`,
      weight,
    })),
  );
  const results = new Map();
  const progress = startProgress(title, steps);
  const measure = (i, name) => progress.step(i, () => run({ ...job, contestant: name, n, seed: options.seed, warmup: options.warmup }, options.dir));
  let base;
  for (const [i, { contestant }] of rounds.entries()) {
    const { name } = contestant;
    if (results.get(name) instanceof Error) continue;
    try {
      // A smoke run makes do with one baseline for all.
      if (!base || !options.quick) base = await measure(2 * i, baseline);
      const own = await measure(2 * i + 1, name);
      results.set(name, [...(results.get(name) ?? []), { base, own }]);
    } catch (error) {
      results.set(name, error);
    }
  }
  progress.stop();
  return results;
}
