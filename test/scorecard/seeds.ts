// The loop of a row whose cases come in stories, each of a seed of its own.

import { mixed } from '../support/random.js';
import type { Failure, RowContext, RowResult } from './row.js';

/** Failures after which a row has seen enough. */
const ENOUGH = 3;

/** Tells stories until there are as many cases as wanted. `tell` counts in `figures` what it met. */
export function trySeeds(
  { seed, size, earlier, untilFirst, done, stopped }: RowContext,
  tell: (seed: number, figures: Record<string, number>) => { cases: number; failure: Failure | undefined },
): RowResult {
  const figures: Record<string, number> = {};
  const failures: Failure[] = [];
  let { cases, next } = earlier ?? { cases: 0, next: 0 };
  for (; cases < size && !stopped() && failures.length < (untilFirst ? 1 : ENOUGH); next++) {
    const told = tell(mixed(seed, next), figures);
    if (told.failure !== undefined) failures.push(told.failure);
    cases += told.cases;
    done(cases);
  }
  return { cases, next, failures, figures };
}
