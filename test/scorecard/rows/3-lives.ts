// Row 3: the power fails again. In the first opening of a new file, at every step of growth and cleaning, and in recoveries of recoveries, three deep;
// between two of them the store is written to, so that each life leaves a timeline that the next one must give up for good. Between two stores of a word the
// process dies too, with its memory intact.

import type { Row } from '../row.js';
import { replayStory, runStories, type Stories } from '../world/stories.js';
import { CROWDED, EVERYDAY, spell, tell } from '../world/story.js';
import { type Cut, World } from '../world/world.js';

const DEEP = 3;

/** One story in four has a table of two pages, and grows into the second. */
const isLarge = (seed: number): boolean => seed % 4 === 0;

/** One in eight has so many keys that its index grows. */
const isWide = (seed: number): boolean => seed % 8 === 1;

const stories: Stories = {
  id: '3',
  // Large values, so that the file doubles four times; much is overwritten, so that there is something to clean.
  tell(seed) {
    const profile = { ...EVERYDAY, set: 80, compact: 3 };
    if (isWide(seed)) return tell(seed, 24, { keys: 500, profile, longest: 60, chained: 0, filled: CROWDED - 8 });
    return isLarge(seed)
      ? tell(seed, 70, { keys: 60, profile, longest: 16_000, chained: 0 })
      : tell(seed, 40, { keys: 24, profile, longest: 2600, chained: 4 });
  },
  async run(seed, story, figures) {
    let shape = 0;
    const world = new World({
      seed,
      ...(isLarge(seed) ? { segments: 60, segmentSize: 8192 } : { segments: 40 }),
      trapped: true,
      atMoment(at, moment) {
        if (moment === 'store') {
          if (at.next() < 1 / 150) at.cut();
          // The moments of growth are few among all those of writing.
          const hasGrown = at.shape !== shape;
          shape = at.shape;
          if (hasGrown || at.next() < 1 / 60) at.lookAtDeath();
          return;
        }
        at.cut();
        if (at.next() < 0.4) at.disk.writeBack(at.next() * 0.6);
        if (at.next() < 0.5) at.cut();
      },
    });
    try {
      world.begin();
      world.lookAtCuts();
      for (const operation of story) {
        await world.run(operation, spell(operation));
        const now = world.cutNow();
        world.lookAtCuts();
        if (world.next() < 0.15) goDeep(world, now, figures);
      }
      figures['deaths between two stores'] = (figures['deaths between two stores'] ?? 0) + world.deaths;
      figures.growths = (figures.growths ?? 0) + world.growths;
      figures.cleaned = (figures.cleaned ?? 0) + world.cleaned;
      return world.cases;
    } finally {
      world.leave();
    }
  },
};

/** Recovers from `cut`, and while that is under way the power fails; so three times. The last recovery ends, and life goes on. */
function goDeep(world: World, cut: Cut, figures: Record<string, number>): void {
  for (let depth = 1; ; depth++) {
    world.revive(cut);
    const inside = world.cuts.splice(0);
    for (const one of inside) world.lookAt(one);
    figures[`cuts ${depth} deep`] = (figures[`cuts ${depth} deep`] ?? 0) + inside.length;
    if (depth === DEEP || inside.length === 0) return;
    cut = inside[Math.floor(world.next() * inside.length)];
  }
}

export const lives: Row = {
  id: '3',
  title: 'cut again during recovery, three deep; in first creation; at each step of doublings and of cleaning',
  unit: 'cuts',
  ci: 20_000,
  full: 200_000,
  mustBe: '0; a discarded timeline never comes back, whatever the number of cuts',
  run: (context) => runStories(stories, context),
  replay: (what) => replayStory(stories, what),
};
