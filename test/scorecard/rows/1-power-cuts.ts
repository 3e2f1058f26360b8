// Row 1: power cuts at any moment of a random workload: between operations, before, in and after every sync, at every allocation, and between two stores.

import type { Row } from '../row.js';
import { replayStory, runStories, type Stories } from '../world/stories.js';
import { CROWDED, EVERYDAY, spell, tell } from '../world/story.js';
import { World } from '../world/world.js';

/** One story in so many has every store of a word as a moment: it runs a tenth as fast. */
const TRAPPED = 8;

/** And one has so many keys that its index grows. */
const WIDE = 32;

const stories: Stories = {
  id: '1',
  tell(seed) {
    if (seed % WIDE === 3) return tell(seed, 40, { keys: 500, profile: EVERYDAY, longest: 60, chained: 0, filled: CROWDED - 10 });
    return tell(seed, 60, { keys: 40, profile: EVERYDAY, longest: 700, chained: 2 });
  },
  async run(seed, story) {
    const trapped = seed % TRAPPED === 0;
    const world = new World({
      seed,
      segments: 40,
      trapped,
      atMoment(at, moment) {
        if (moment === 'store') {
          if (at.next() < 1 / 60) at.cut();
          return;
        }
        if (at.next() < 0.5) at.disk.writeBack(at.next() * 0.6);
        if (at.next() < 0.4) at.cut();
      },
    });
    try {
      world.begin();
      for (const operation of story) {
        await world.run(operation, spell(operation));
        if (world.next() < 0.3) world.disk.writeBack(world.next() * 0.5);
        for (let cuts = world.next() < 0.4 ? 3 : 1; cuts > 0; cuts--) world.cut();
        world.lookAtCuts();
      }
      return world.cases;
    } finally {
      world.leave();
    }
  },
};

export const powerCuts: Row = {
  id: '1',
  title: 'simulated power cuts: any write-back order, torn sectors, random workload',
  unit: 'cuts',
  ci: 100_000,
  full: 1_000_000,
  mustBe: 'exactly the last completed flush, or the one in progress whole; 0 wrong, 0 resurrected, 0 failed opens',
  run: (context) => runStories(stories, context),
  replay: (what) => replayStory(stories, what),
};
