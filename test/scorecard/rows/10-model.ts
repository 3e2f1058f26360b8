// Row 10: the store beside a Map, operation by operation: what each answers, what an iteration meets, and after every story all that is there, and check().

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Row } from '../row.js';
import { difference } from '../world/model.js';
import { replayStory, runStories, type Stories } from '../world/stories.js';
import { CROWDED, EVERYDAY, type Profile, spell, tell } from '../world/story.js';
import { World, Wrong } from '../world/world.js';

const PROFILE: Profile = {
  ...EVERYDAY,
  get: 60,
  update: 6,
  'clear prefix': 0.3,
  iterate: 0.5,
  backup: 0.002,
  flush: 1,
  'flush aside': 1,
  wait: 4,
  reopen: 0.1,
  die: 0.1,
  compact: 0.1,
};

/** A backup is a store of its own, in a real file. */
function backUp({ store, model, now }: World): void {
  const folder = mkdtempSync(join(tmpdir(), 'mapstone-'));
  const path = join(folder, 'backup');
  try {
    store.backup(path);
    const copy = openStoreIn(path, { flush: 'manual' }, { now: () => now, random: (count) => new Uint8Array(count) });
    try {
      const differs = difference(copy, model, now);
      if (differs !== undefined) throw new Wrong(`a backup: ${differs}`);
      if (copy.check().length > 0) throw new Wrong(`a backup: check() finds ${copy.check()[0].message}`);
    } finally {
      copy.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One story in five is of a store that is full all the time. */
const isTight = (seed: number): boolean => seed % 5 === 0;

/** Full of more keys than its index has place for, all of them written by the batch. */
const CROWD: Profile = { ...PROFILE, set: 2, update: 0, iterate: 0.1, batch: 40, delete: 5, deleteMany: 0.5, clear: 0.1, 'clear prefix': 0.1 };
const isCrowd = (seed: number): boolean => seed % 7 === 3;

const stories: Stories = {
  id: '10',
  tell(seed) {
    if (isCrowd(seed)) return tell(seed, 2000, { keys: 4000, profile: CROWD, longest: 200, chained: 0, renewed: 1 });
    // From stores that fit three segments to ones that are full again and again.
    const keys = [20, 60, 150, 900][seed % 4];
    // So many that the index grows, bucket by bucket.
    if (keys === 900) return tell(seed, 2000, { keys, profile: PROFILE, longest: 60, chained: 0, filled: CROWDED - 50 });
    if (isTight(seed)) return tell(seed, 2000, { keys: 60, profile: PROFILE, longest: 2500, chained: 6 });
    return tell(seed, 2000, { keys, profile: PROFILE, longest: [200, 900, 2500][(seed >>> 4) % 3], chained: (seed >>> 8) % 3 });
  },
  async run(seed, story, figures) {
    const world = new World({
      seed,
      segments: isTight(seed) ? 18 : 20 + (seed % (isCrowd(seed) ? 30 : 80)),
      trapped: false,
      atMoment: () => undefined,
      backup: backUp,
    });
    try {
      world.begin();
      for (const operation of story) {
        await world.run(operation, spell(operation));
        if (operation.do === 'backup') figures.backups = (figures.backups ?? 0) + 1;
      }
      world.assertSame('at the end');
      const [finding] = world.store.check();
      if (finding !== undefined) throw new Wrong(`check() finds ${finding.invariant}: ${finding.message}`);
    } finally {
      world.leave();
    }
    figures.growths = (figures.growths ?? 0) + world.growths;
    figures['segments cleaned'] = (figures['segments cleaned'] ?? 0) + world.cleaned;
    return story.length;
  },
};

export const model: Row = {
  id: '10',
  title: 'model against a Map: set/get/delete/ttl/clear/batch/iterate/grow/clean/compact/reopen/backup',
  unit: 'operations',
  ci: 1_000_000,
  full: 50_000_000,
  mustBe: '0 differences',
  run: (context) => runStories(stories, context),
  replay: (what) => replayStory(stories, what),
};
