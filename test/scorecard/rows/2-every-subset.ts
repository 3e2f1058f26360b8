// Row 2: small stories, cut at every store of a word and at every sync, with every subset of the sectors that were not synced then.
// What two moments have in common is tried once. Where more than 12 sectors are dirty, 12 are varied; the others are all as they were, and all new.

import { bulkCrc } from '../../../packages/engine/src/file/checksum.js';
import * as L from '../../../packages/engine/src/layout.js';
import { mixed } from '../../support/random.js';
import { SECTOR } from '../../support/simulated-mapping.js';
import { type Row, type RowContext, type RowResult, replayCommand } from '../row.js';
import { shrink } from '../world/shrink.js';
import { EVERYDAY, type Operation, spell, tell } from '../world/story.js';
import { World } from '../world/world.js';

const MOST_SECTORS = 12;
const ZEROS = Buffer.alloc(SECTOR);
/** Moments are taken in as many turns, so that a short run sees something of every story. */
const TURNS = 16;

const value = (id: number, length: number) => (length << 16) | id;
const set = (key: number, length = 20, ttl = 0): Operation => ({ do: 'set', item: { key, value: value(key * 7 + length, length), ttl }, dice: key + length });
const one = (name: 'flush' | 'flush aside' | 'clear' | 'compact' | 'reopen' | 'die'): Operation => ({ do: name, dice: 5 });
const gone = (key: number): Operation => ({ do: 'delete', key, dice: key });
/** Flushed often: what is to be varied are few sectors. */
const many = (from: number, to: number, length: number) => Array.from({ length: to - from }, (_, i) => [set(from + i, length), one('flush')]).flat();
const batch: Operation = {
  do: 'batch',
  items: [
    { key: 1, value: value(9, 30), ttl: 0, gone: false },
    { key: 2, value: 0, ttl: 0, gone: true },
    { key: 3, value: value(8, 1), ttl: 50, gone: false },
  ],
  dice: 1,
};

/** One for each thing that happens in the file. */
const SCRIPTS: Operation[][] = [
  [set(1), set(2), one('flush'), set(1, 40), gone(2), one('flush'), set(3)],
  [set(1), set(2), one('flush'), batch, one('flush'), batch],
  [set(1, 20, 60), one('flush'), { do: 'touch', key: 1, ttl: 30, dice: 1 }, { do: 'wait', ms: 40, dice: 1 }, one('flush'), set(1)],
  [set(1, 4200), one('flush'), set(1, 4300), one('flush'), gone(1), one('flush'), set(2, 4100), one('flush')],
  [...many(1, 8, 1900), ...many(1, 4, 1800)],
  [set(1), set(2, 4100), one('flush'), one('clear'), set(3), one('flush'), one('clear')],
  [...many(1, 6, 1500), gone(1), gone(2), gone(4), one('flush'), one('compact'), set(7), one('flush')],
  [set(1), one('reopen'), set(2), one('flush'), one('reopen'), set(3), one('die'), set(4), one('flush')],
  [set(1), one('flush aside'), set(2), set(3), one('flush aside'), gone(1), set(4), one('flush'), set(5)],
  [...many(1, 9, 1300), one('clear'), one('flush'), ...many(1, 9, 1200)],
];

function storyOf(seed: number, number: number): Operation[] {
  if (number < SCRIPTS.length) return SCRIPTS[number];
  return tell(mixed(seed, number), 8, { keys: 6, profile: { ...EVERYDAY, flush: 30, compact: 3, clear: 2 }, longest: 1200, chained: 4 });
}

/** Runs one story, looking at the moments of one turn. Stops once `limit` states were tried. */
async function run(
  seed: number,
  story: readonly Operation[],
  turn: number,
  limit: number,
  seen: Set<number>,
  figures: Record<string, number>,
): Promise<number> {
  let moment = 0;
  let base = 0;
  const world = new World({
    seed,
    segments: 20,
    trapped: true,
    atMoment(at, what) {
      // What is on the disk has changed: no state is the same as before.
      if (what !== 'store') base++;
      if (moment++ % TURNS !== turn || at.cases >= limit) return;
      figures.moments = (figures.moments ?? 0) + 1;
      tryAll(at, base, seen, figures);
    },
  });
  try {
    world.begin();
    for (const operation of story) await world.run(operation, spell(operation));
    return world.cases;
  } finally {
    world.leave();
  }
}

function tryAll(world: World, base: number, seen: Set<number>, figures: Record<string, number>): void {
  const { disk } = world;
  const memory = disk.contents;
  const unsynced = disk.unsynced();
  const dirty = unsynced.filter((at) => isTelling(memory, at));
  figures['most sectors'] = Math.max(figures['most sectors'] ?? 0, dirty.length);
  while (dirty.length > MOST_SECTORS) dirty.splice(Math.floor(world.next() * dirty.length), 1);
  const others = unsynced.filter((at) => !dirty.includes(at));
  const marks = dirty.map((at) => mixed(bulkCrc(memory.subarray(at, at + SECTOR)), at));
  for (const rest of others.length > 0 ? [[], others] : [[]]) {
    const start = rest.reduce((sum, at) => mixed(sum, bulkCrc(memory.subarray(at, at + SECTOR))), mixed(base, rest.length));
    for (let subset = 0; subset < 2 ** dirty.length; subset++) {
      let low = start;
      let high = mixed(start, 3);
      const sectors = [...rest];
      for (let i = 0; i < dirty.length; i++) {
        if ((subset & (1 << i)) === 0) continue;
        sectors.push(dirty[i]);
        low = (low + marks[i]) >>> 0;
        high ^= mixed(marks[i], 5);
      }
      const state = low * 2 ** 20 + (high & 0xfffff);
      if (seen.has(state)) continue;
      seen.add(state);
      world.lookAt(world.cutNow(disk.cutWith(sectors)));
    }
  }
}

/** Whether a sector is varied by itself. Those of the control block and of the index, and zeros, are on the disk all of them or none: recovery reads none. */
function isTelling(memory: Buffer, at: number): boolean {
  if (at >= L.CONTROL_OFFSET && at < L.HEAD_BYTES) return false;
  const segment = Math.floor((at - L.HEAD_BYTES) / L.PAGE_BYTES);
  const kind = segment > 0 ? memory.readInt32LE(L.HEAD_BYTES + ((segment << L.ENTRY_SHIFT) + L.Entry.KIND * 4)) : -1;
  if (kind === L.SegmentKind.INDEX || kind === L.SegmentKind.OVERFLOW) return false;
  return memory.compare(ZEROS, 0, SECTOR, at, at + SECTOR) !== 0;
}

async function explain(seed: number, number: number, turn: number, error: Error) {
  const attempt = (story: readonly Operation[]) => run(seed, story, turn, Number.POSITIVE_INFINITY, new Set(), {});
  let what = error;
  const shortest = await shrink(storyOf(seed, number), async (story) => {
    try {
      await attempt(story);
      return false;
    } catch (other) {
      what = other as Error;
      return true;
    }
  });
  return { seed, what: what.message, operations: shortest.map(spell), replay: replayCommand('2', `--replay ${seed},${number},${turn}`) };
}

async function runAll({ seed, size, earlier, untilFirst, done, stopped }: RowContext): Promise<RowResult> {
  const figures: Record<string, number> = { stories: 0 };
  const result: RowResult = { cases: earlier?.cases ?? 0, failures: [], figures };
  // Random stories are of another turn each; the scripts get all of theirs.
  const seen = SCRIPTS.map(() => new Set<number>());
  let round = earlier?.next ?? 0;
  for (; result.cases < size && !stopped() && result.failures.length < (untilFirst ? 1 : 3); round++) {
    const isScript = round < TURNS * SCRIPTS.length;
    const number = isScript ? round % SCRIPTS.length : round - TURNS * SCRIPTS.length + SCRIPTS.length;
    const turn = isScript ? Math.floor(round / SCRIPTS.length) : round % TURNS;
    figures.stories = Math.max(number + 1, figures.stories);
    try {
      // A short run gives every script its part.
      const limit = isScript ? Math.max(500, Math.ceil(size / SCRIPTS.length / 2)) : Number.POSITIVE_INFINITY;
      result.cases += await run(seed, storyOf(seed, number), turn, limit, seen[number] ?? new Set(), figures);
    } catch (error) {
      if (untilFirst) return { ...result, failures: [{ seed, what: (error as Error).message, replay: '' }] };
      result.failures.push(await explain(seed, number, turn, error as Error));
    }
    done(result.cases);
    figures['scripts tried whole'] = Math.min(SCRIPTS.length, Math.max(0, round + 1 - (TURNS - 1) * SCRIPTS.length));
  }
  // Which states of the scripts were tried is not kept: stopped among them, a later run begins anew.
  return round < TURNS * SCRIPTS.length ? result : { ...result, next: round };
}

export const everySubset: Row = {
  id: '2',
  title: 'exhaustive at small scope: every store point x every subset of up to 12 dirty sectors',
  unit: 'states',
  ci: 50_000,
  full: 1_000_000,
  mustBe: '0',
  run: runAll,
  async replay(what) {
    const [seed, number, turn] = what.split(',').map(Number);
    try {
      return { cases: await run(seed, storyOf(seed, number), turn, Number.POSITIVE_INFINITY, new Set(), {}), failures: [], figures: {} };
    } catch (error) {
      return { cases: 0, failures: [await explain(seed, number, turn, error as Error)], figures: {} };
    }
  },
};
