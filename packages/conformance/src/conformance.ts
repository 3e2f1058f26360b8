// The suites by name, and the one call that runs them all.
import { withClock } from './clock.js';
import { type ConformanceOptions, readOptions } from './options.js';
import { inRoom } from './room.js';
import type { Case } from './suites/case.js';
import { closed } from './suites/closed.js';
import { concurrent } from './suites/concurrent.js';
import { expired } from './suites/expired.js';
import { full } from './suites/full.js';
import { hostile } from './suites/hostile.js';
import { processes } from './suites/processes.js';
import { reopened } from './suites/reopened.js';
import { works } from './suites/works.js';

export const suites = { works, closed, reopened, expired, concurrent, processes, hostile, full };
export type Suite = keyof typeof suites;

/**
 * Hands every test of the suites to `test`, all of them unless some are named. Each test has a directory of its own under the system's temporary one,
 * closes what it opened, and ends with the engine's `check()` of the file.
 */
export function conformance(options: ConformanceOptions, only: readonly Suite[] = Object.keys(suites) as Suite[]): void {
  const settings = readOptions(options);
  for (const suite of only) {
    if (suite === 'processes' && settings.module === undefined) continue;
    const cases: readonly Case[] = suites[suite];
    if (cases === undefined) throw new TypeError(`conformance has no suite '${String(suite)}'; it has ${Object.keys(suites).join(', ')}`);
    for (const { name, needs = [], run } of cases) {
      const lacks = needs.find((need) => settings.without.has(need));
      const title = `${suite}: ${name}`;
      // No named parameter: some runners take one for a callback to wait for.
      if (lacks === undefined) settings.test(title, () => inRoom(settings, (room) => withClock((clock) => run(room, clock))));
      else settings.test(`${title} (skipped)`, async (...[context]) => context?.skip?.(`the adapter has no ${lacks}`));
    }
  }
}
