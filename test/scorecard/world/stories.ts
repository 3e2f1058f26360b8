// Runs stories until enough cases were tried; the first that fails is shrunk.

import { mixed } from '../../support/random.js';
import { type Failure, type RowContext, type RowResult, replayCommand } from '../row.js';
import { shrink } from './shrink.js';
import { type Operation, spell } from './story.js';

export interface Stories {
  /** Of the row. */
  id: string;
  tell(seed: number): Operation[];
  /** Runs a story; throws what is wrong. `count` is told of each case. */
  run(seed: number, story: readonly Operation[], figures: Record<string, number>): Promise<number>;
}

/** More failures than these say nothing new. */
const MOST_FAILURES = 3;

export async function runStories({ id, tell, run }: Stories, { seed, size, earlier, untilFirst, done, stopped }: RowContext): Promise<RowResult> {
  const failures: Failure[] = [];
  const figures: Record<string, number> = { stories: 0 };
  const most = untilFirst ? 1 : MOST_FAILURES;
  let { cases, next } = earlier ?? { cases: 0, next: 0 };
  for (; cases < size && !stopped() && failures.length < most; next++) {
    const storySeed = mixed(seed, next);
    const story = tell(storySeed);
    figures.stories++;
    try {
      cases += await run(storySeed, story, figures);
    } catch (error) {
      if (untilFirst) failures.push({ seed: storySeed, what: (error as Error).message, replay: replayCommand(id, `--replay ${storySeed}`) });
      else failures.push(await explain({ id, tell, run }, storySeed, story, error as Error));
    }
    done(cases);
  }
  return { cases, next, failures, figures };
}

export async function replayStory(stories: Stories, what: string): Promise<RowResult> {
  const seed = Number(what);
  const story = stories.tell(seed);
  try {
    return { cases: await stories.run(seed, story, {}), failures: [], figures: {} };
  } catch (error) {
    return { cases: 0, failures: [await explain(stories, seed, story, error as Error)], figures: {} };
  }
}

async function explain({ id, run }: Stories, seed: number, story: readonly Operation[], error: Error): Promise<Failure> {
  let what = error;
  const shortest = await shrink(story, async (shorter) => {
    try {
      await run(seed, shorter, {});
      return false;
    } catch (other) {
      what = other as Error;
      return true;
    }
  });
  return { seed, what: what.message, operations: shortest.map(spell), replay: replayCommand(id, `--replay ${seed}`) };
}
