// Row 7: each sync of a script fails in turn, once: the disk said EIO, wrote some sectors, and the kernel takes the rest for written.
// From then on nothing may be claimed durable: no write, no flush, no further sync, from any handle. Whoever opens the file next finds it as at the last completed
// flush or the one that failed, goes on, and power cuts in that next life leave what they must.

import { StoreError } from '../../../packages/engine/src/errors.js';
import { mixed } from '../../support/random.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';
import { EVERYDAY, type Operation, spell, tell } from '../world/story.js';
import { World, Wrong } from '../world/world.js';

const EIO = new StoreError('ERR_STORE_IO', 'msync: EIO');

function script(seed: number): Operation[] {
  const story = tell(seed, 45, { keys: 24, profile: { ...EVERYDAY, flush: 9, 'flush aside': 9, reopen: 3, die: 2, clear: 1 }, longest: 1500, chained: 3 });
  // A flush in the foreground takes over the one in the background that has just begun.
  return story.flatMap((one) => (one.do === 'flush aside' && one.dice % 3 === 0 ? [one, { do: 'flush' as const, dice: one.dice + 1 }] : [one]));
}

function newWorld(seed: number): World {
  return new World({
    seed,
    segments: 40,
    // A store of the same bytes makes a page dirty too: that is how one is written again.
    trapped: true,
    atMoment(at, moment) {
      if (moment !== 'store' && at.next() < 0.4) at.disk.writeBack(at.next() * 0.6);
    },
  });
}

async function countSyncs(seed: number, story: readonly Operation[]): Promise<number> {
  const world = newWorld(seed).begin();
  for (const operation of story) await world.run(operation, spell(operation));
  const { syncs } = world.disk;
  world.leave();
  return syncs;
}

/** Runs a script whose sync number `k` fails. */
async function failAt(seed: number, story: readonly Operation[], k: number): Promise<void> {
  const world = newWorld(seed);
  let failed = false;
  world.disk.syncsLeft = k;
  world.disk.failure = () => {
    failed = true;
    return EIO;
  };
  let next = 0;
  let isOpen = false;
  let thrown: unknown;
  try {
    world.begin();
    isOpen = true;
    for (; next < story.length && !failed; next++) await world.run(story[next], spell(story[next]));
  } catch (error) {
    if (!failed) throw error;
    thrown = error;
    next++;
  }
  // It was under way when the script ended.
  if (!failed) return world.leave();
  // Closing may finish in the foreground what failed in the background, before anyone is told. And where the opening after a death fails, no one has it open.
  const closing = ['reopen', 'die'].includes(story[next - 1]?.do as string);
  const { code } = (thrown ?? { code: 'ERR_STORE_POISONED' }) as StoreError;
  if (code !== 'ERR_STORE_POISONED' && (isOpen || code !== 'ERR_STORE_IO')) throw new Wrong(`it threw ${thrown}`);
  const flushes = world.flushes();
  // The disk works again: from here on it is the store that must not use it.
  world.disk.syncsLeft = Number.POSITIVE_INFINITY;
  const { syncs } = world.disk;
  if (isOpen && !closing) await assertPoisoned(world, flushes.completed);
  for (let cuts = 0; cuts < 3; cuts++) world.lookAt({ ...world.cutNow(), ...flushes, where: 'a sync that failed' });
  const asLeft = world.disk.afterDeath();
  if (isOpen) {
    world.disk.land();
    world.store.close();
  }
  if (!closing && world.disk.syncs !== syncs) throw new Wrong(`${world.disk.syncs - syncs} more syncs were asked for after one had failed`);
  // Once as a process that died leaves it, once as one that closed does.
  if (world.next() < 0.5) world.disk = asLeft;
  world.disk = world.disk.afterDeath();
  world.goOn('opened after a sync had failed', flushes);
  if (isOpen && !closing && world.store.stats().recovery !== 'power-cut')
    throw new Wrong(`after a sync had failed it opened as ${world.store.stats().recovery}`);
  for (; next < story.length; next++) {
    await world.run(story[next], `${spell(story[next])}, in the life after a failed sync`);
    world.cut();
    world.cut();
    world.lookAtCuts();
  }
  world.leave();
}

async function assertPoisoned(world: World, completed: number): Promise<void> {
  const { store } = world;
  const calls: Record<string, () => unknown> = {
    set: () => store.set('key 1', 1),
    delete: () => store.delete('key 1'),
    touch: () => store.touch('key 1', { ttl: 10 }),
    batch: () => store.setMany([{ key: 'key 1', value: 1 }]),
    clear: () => store.clear(),
    compact: () => store.compact(),
    flushSync: () => store.flushSync(),
    flush: () => store.flush(),
  };
  for (const [name, call] of Object.entries(calls)) {
    // A sync that was under way when the other failed may end.
    world.disk.land();
    let code = 'nothing';
    try {
      await call();
    } catch (error) {
      ({ code } = error as StoreError);
    }
    if (code !== 'ERR_STORE_POISONED') throw new Wrong(`after a sync had failed, ${name}() threw ${code}`);
  }
  if (store.stats().durableFlush !== completed) throw new Wrong('a flush counts as completed after a sync had failed');
  // What is in memory is served as ever.
  [...store.records()];
}

async function run({ seed, size, earlier, untilFirst, done, stopped }: RowContext): Promise<RowResult> {
  const failures: Failure[] = [];
  const figures = { 'syncs failed': 0 };
  let scripts = earlier?.cases ?? 0;
  for (; scripts < size && !stopped() && failures.length < (untilFirst ? 1 : 3); scripts++) {
    const storySeed = mixed(seed, scripts);
    failures.push(...(await runScript(storySeed, figures)));
    done(scripts + 1);
  }
  return { cases: scripts, next: scripts, failures, figures };
}

async function runScript(seed: number, figures: Record<string, number>): Promise<Failure[]> {
  const story = script(seed);
  const syncs = await countSyncs(seed, story);
  for (let k = 0; k < syncs; k++) {
    try {
      await failAt(seed, story, k);
      figures['syncs failed']++;
    } catch (error) {
      return [
        {
          seed,
          what: `sync ${k} of ${syncs} failed: ${(error as Error).message}`,
          operations: story.map(spell),
          replay: replayCommand('7', `--replay ${seed}`),
        },
      ];
    }
  }
  return [];
}

export const failedSyncs: Row = {
  id: '7',
  title: 'the k-th sync fails with EIO, every k',
  unit: 'scripts',
  ci: 3,
  full: 50,
  mustBe: 'every opener poisoned, no later sync or process claims the data durable, reopen consistent',
  run,
  async replay(what) {
    return { cases: 1, failures: await runScript(Number(what), {}), figures: {} };
  },
};
