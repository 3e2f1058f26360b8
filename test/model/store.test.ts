// The store beside a Map: random operations, deaths, power cuts, reopening and a clock that jumps. fast-check shrinks what fails to the shortest story.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStoreIn } from '../../packages/engine/src/store/registry.js';
import type { Store } from '../../packages/engine/src/store/store.js';
import { random, SimulatedDisk } from '../support/simulated-mapping.js';
import { SEED } from '../support/stores.js';

const RUNS = Number(process.env.MAPSTONE_RUNS ?? 250);
const MAX_SIZE = 1 << 19;
let files = 0;

interface Entry {
  value: unknown;
  expiry: number;
}
type Item = [key: number, value: number, ttl: number];

/** A value told by a number: short text, numbers, objects, text near a segment's end, and chains. */
function valueFrom(seed: number): unknown {
  const size = seed >>> 3;
  switch (seed & 7) {
    case 0:
      return seed;
    case 1:
      return { seed, list: [size, 'é'] };
    case 2:
      return 'w€'.repeat(size % 400);
    case 3:
      return `${seed}`.padEnd(3900 + (size % 300), 'n');
    case 4:
      return `${seed}`.padEnd(4096 * (1 + (size % 4)) + (size % 50), 'c');
    default:
      return `${seed}`.padEnd(size % 300, 's');
  }
}

class World {
  now = 1_000_000;
  model = new Map<string, Entry>();
  /** By flush: what was there when it completed. */
  readonly flushed = new Map<number, Map<string, Entry>>();
  disk: SimulatedDisk;
  store: Store;
  readonly next = random(SEED);

  constructor() {
    this.disk = new SimulatedDisk(MAX_SIZE + 65536, this.next);
    this.store = this.open();
    this.flushed.set(this.store.stats().durableFlush, new Map());
  }

  open(): Store {
    const environment = { now: () => this.now, random: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(this.next() * 256)) };
    return openStoreIn(`/model/${files++}`, { segmentSize: 4096, maxSize: MAX_SIZE, flush: 'manual' }, environment, this.disk);
  }

  /** Runs an operation; what a flush inside it found is what was there before it, for room is made first. */
  run(work: () => void, effect: () => void): void {
    const before = this.store.stats().durableFlush;
    try {
      work();
    } catch (error) {
      // Full: then nothing has changed.
      if ((error as { code?: string }).code !== 'ERR_STORE_FULL') throw error;
      effect = () => undefined;
    }
    const durable = this.store.stats().durableFlush;
    if (durable !== before) this.flushed.set(durable, new Map(this.model));
    effect();
  }

  put([key, value, ttl]: Item): void {
    this.model.set(`key ${key}`, { value: valueFrom(value), expiry: this.expiry(ttl) });
  }

  expiry(ttl: number): number {
    return ttl > 60 ? this.now + ttl : Number.POSITIVE_INFINITY;
  }

  live(): Map<string, Entry> {
    return new Map([...this.model].filter(([, { expiry }]) => expiry > this.now));
  }

  reopened(disk: SimulatedDisk, recovery: string): void {
    this.disk = disk;
    this.store = this.open();
    // A file that was not written to since it was opened still has its clean mark.
    expect(['clean', recovery]).toContain(this.store.stats().recovery);
    // Flushes of a timeline that was given up are none of this store.
    const durable = this.store.stats().durableFlush;
    for (const flush of [...this.flushed.keys()]) if (flush > durable) this.flushed.delete(flush);
    if (!this.flushed.has(durable)) this.flushed.set(durable, new Map(this.model));
    this.compare();
  }

  compare(): void {
    const { store } = this;
    const live = this.live();
    const found = [...store.records()];
    expect(new Set(found.map((record) => record.key)).size).toBe(found.length);
    expect(new Map(found.map(({ key, value, expiresAt }) => [key, { value, expiry: expiresAt }]))).toEqual(live);
    expect(store.check()).toEqual([]);
  }
}

const key = fc.integer({ min: 0, max: 40 });
const value = fc.integer({ min: 0, max: 1 << 14 });
const ttl = fc.integer({ min: 1, max: 120 });
const item = fc.tuple(key, value, ttl);

type Step = { name: string; do: (world: World) => void };
const step = (name: string, action: (world: World) => void): Step => ({ name, do: action, toString: () => name }) as Step;

const steps = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.array(item, { minLength: 1, maxLength: 40 }).map((items) =>
      step(`set ${JSON.stringify(items)}`, (world) => {
        for (const one of items)
          world.run(
            () => world.store.set(`key ${one[0]}`, valueFrom(one[1]), { expiresAt: world.expiry(one[2]) }),
            () => world.put(one),
          );
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.array(key, { minLength: 1, maxLength: 20 }).map((keys) =>
      step(`delete ${keys}`, (world) => {
        for (const one of keys) {
          const there = world.live().has(`key ${one}`);
          world.run(
            () => expect(world.store.delete(`key ${one}`)).toBe(there),
            () => void world.model.delete(`key ${one}`),
          );
        }
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(key, ttl).map(([one, time]) =>
      step(`touch ${one}, ${time}`, (world) => {
        const found = world.live().get(`key ${one}`);
        const expiry = world.expiry(time);
        world.run(
          () => expect(world.store.touch(`key ${one}`, { expiresAt: expiry })).toBe(found !== undefined),
          () => {
            if (found !== undefined) world.model.set(`key ${one}`, { value: found.value, expiry });
          },
        );
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.array(fc.oneof(item, key), { maxLength: 15 }).map((items) =>
      step(`batch ${JSON.stringify(items)}`, (world) => {
        const apply = (set: (one: Item) => void, remove: (key: string) => void) => {
          for (const one of items) typeof one === 'number' ? remove(`key ${one}`) : set(one);
        };
        world.run(
          () =>
            world.store.batch((batch) =>
              apply(
                (one) => batch.set(`key ${one[0]}`, valueFrom(one[1]), { expiresAt: world.expiry(one[2]) }),
                (name) => batch.delete(name),
              ),
            ),
          () =>
            apply(
              (one) => world.put(one),
              (name) => void world.model.delete(name),
            ),
        );
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.array(key, { maxLength: 12 }).map((keys) =>
      step(`deleteMany ${keys}`, (world) => {
        world.run(
          () => void world.store.deleteMany(keys.map((one) => `key ${one}`)),
          () => {
            for (const one of keys) world.model.delete(`key ${one}`);
          },
        );
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'key 1').map((prefix) =>
      step(`clear '${prefix}'`, (world) => {
        const run = () => void world.store.clear({ prefix });
        const effect = () => {
          for (const name of [...world.model.keys()]) if (name.startsWith(prefix)) world.model.delete(name);
        };
        world.run(run, effect);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.array(item, { maxLength: 60 }).map((items) =>
      step(`iterate while setting ${JSON.stringify(items)}`, (world) => {
        const before = world.live();
        const seen = new Set<string>();
        let at = 0;
        for (const name of world.store.keys()) {
          expect(seen.has(name)).toBe(false);
          seen.add(name);
          const one = items[at++];
          if (one !== undefined)
            world.run(
              () => world.store.set(`key ${one[0]}`, valueFrom(one[1]), { expiresAt: world.expiry(one[2]) }),
              () => world.put(one),
            );
        }
        for (const name of before.keys()) expect(seen.has(name)).toBe(true);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(
      step('compact', (world) =>
        world.run(
          () => world.store.compact(),
          () => undefined,
        ),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constant(
      step('flush', (world) =>
        world.run(
          () => world.store.flushSync(),
          () => undefined,
        ),
      ),
    ),
  },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((share) => step(`write back ${share}`, (world) => world.disk.writeBack(share))) },
  // Forward only: what has expired may be gone for good, so a jump back is compared elsewhere.
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 100 }).map((ms) => step(`${ms} ms later`, (world) => void (world.now += ms))) },
  {
    weight: 2,
    arbitrary: fc.constant(
      step('reopen', (world) => {
        world.store.close();
        world.reopened(world.disk, 'clean');
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(
      step('death', (world) => {
        const survivor = new SimulatedDisk(MAX_SIZE + 65536, world.next, world.disk.contents, world.disk.identity);
        world.store.close();
        world.reopened(survivor, 'process-death');
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(
      step('power cut', (world) => {
        const durable = world.store.stats().durableFlush;
        const survivor = new SimulatedDisk(MAX_SIZE + 65536, world.next, world.disk.cut());
        world.store.close();
        world.model = new Map(world.flushed.get(durable));
        world.reopened(survivor, 'power-cut');
      }),
    ),
  },
);

test(`the store is what a Map would be, after ${RUNS} stories of random operations (seed ${SEED})`, { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 60, size: 'max' }), (story) => {
      const world = new World();
      try {
        for (const one of story) one.do(world);
        world.compare();
      } finally {
        world.store.close();
      }
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: process.env.MAPSTONE_SHRINK === undefined },
  );
});
