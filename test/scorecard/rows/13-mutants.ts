// Row 13: is the scorecard any good? Each mutant breaks one promise in a copy of the engine's source, and some row must notice.

import { Laboratory } from '../mutants/laboratory.js';
import { mutants, unseen } from '../mutants/list.js';
import type { Mutant } from '../mutants/mutant.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const CI = mutants.filter(({ ci }) => ci);
/** What the unedited copy is tried with, at most: else all would seem to die of the copying. */
const HEALTHY_CASES = 200;

interface Verdict {
  row?: string;
  found?: string;
}

async function judge(laboratory: Laboratory, mutant: Mutant, seed: number, stopped: () => boolean): Promise<Verdict> {
  return laboratory.with(mutant, async () => {
    for (const [row, cases] of mutant.rows) {
      const found = await laboratory.find(row, seed, cases, stopped);
      if (found !== undefined) return { row, found };
    }
    return {};
  });
}

async function tryOut(chosen: readonly Mutant[], { seed, earlier, done, stopped }: Omit<RowContext, 'size'>): Promise<RowResult> {
  const laboratory = new Laboratory();
  const failures: Failure[] = [];
  const figures: Record<string, number | string> = {};
  let cases = earlier?.cases ?? 0;
  try {
    laboratory.assertFit([...mutants, ...unseen]);
    const uses = chosen.flatMap(({ rows }) => rows);
    for (const row of new Set(uses.map(([id]) => id))) {
      const cases = uses.filter(([id]) => id === row).map(([, count]) => count);
      const found = await laboratory.find(row, seed, Math.min(HEALTHY_CASES, ...cases), stopped);
      if (found !== undefined) throw new Error(`row ${row} fails without a mutant: ${found}`);
    }
    for (const mutant of chosen.slice(cases)) {
      const { row, found } = await judge(laboratory, mutant, seed, stopped);
      if (stopped() && row === undefined) break;
      if (row === undefined) {
        const what = `'${mutant.name}' lives: ${mutant.breaks}, and no row notices (tried ${mutant.rows.map(([id, count]) => `row ${id} with ${count} cases`).join(', ')})`;
        failures.push({ seed, what, replay: replayCommand('13', `--seed ${seed} --replay '${mutant.name}'`) });
      } else if (chosen.length === 1) figures[`row ${row} finds`] = found as string;
      else figures[`caught by row ${row}`] = ((figures[`caught by row ${row}`] as number | undefined) ?? 0) + 1;
      done(++cases);
    }
  } finally {
    laboratory.close();
  }
  return { cases, next: cases, failures, figures };
}

async function run(context: RowContext): Promise<RowResult> {
  // Those that die fast come first.
  const ordered = [...CI, ...mutants.filter(({ ci }) => !ci)];
  return tryOut(ordered.slice(0, context.size), context);
}

export const mutantsRow: Row = {
  id: '13',
  title: 'mutants: the engine with one promise broken',
  unit: 'mutants',
  ci: CI.length,
  full: mutants.length,
  mustBe: 'every one is caught by the rows above',
  run,
  replay: (what) =>
    tryOut(
      mutants.filter(({ name }) => name === what),
      { seed: 1, done: () => undefined, stopped: () => false },
    ),
};
