// Row 11: the clock jumps back and forward between operations. By whatever the clock says nothing past its time is served, and what it has never put past
// its time is there. What an earlier hour had let expire may be gone when the clock is set back: it may have been cleaned away.

import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { random } from '../../support/random.js';
import { SimulatedDisk } from '../../support/simulated-mapping.js';
import { type Failure, type Row, replayCommand } from '../row.js';
import { trySeeds } from '../seeds.js';

const SEGMENTS = 40;
const MAX_BYTES = (SEGMENTS + 4) * 4096;
const KEYS = 30;
const JUMPS = 60;
const DAY = 86_400_000;

interface Entry {
  value: string;
  expiry: number;
  /** The latest that the clock has said since it was stored. */
  latest: number;
}

/** The table: where a clock can jump to from `now`. `expiry` is that of some entry. */
const TABLE: Record<string, (now: number, expiry: number, next: () => number) => number> = {
  'back to 1970': () => 0,
  'a day back': (now) => now - DAY,
  'a few ms back': (now, _, next) => now - Math.floor(next() * 200),
  'one ms before an expiry': (_, expiry) => expiry - 1,
  'at an expiry': (_, expiry) => expiry,
  'one ms after an expiry': (_, expiry) => expiry + 1,
  'half a ms after an expiry': (_, expiry) => expiry + 0.5,
  'a few ms forward': (now, _, next) => now + Math.floor(next() * 200),
  'a day forward': (now) => now + DAY,
  'a century forward': (now) => now + 36_525 * DAY,
  'to the end of time': () => 8.64e15,
};

class Story {
  readonly steps: string[] = [];
  private readonly next: () => number;
  private readonly disk: SimulatedDisk;
  private store: Store;
  private now = 1_700_000_000_000;
  private readonly model = new Map<string, Entry>();
  /** Deleted when they had expired, and so were not there to delete: a power cut and an earlier hour may show them again. */
  private readonly ghosts = new Map<string, Entry>();

  constructor(seed: number) {
    this.next = random(seed);
    this.disk = new SimulatedDisk(MAX_BYTES, this.next);
    this.store = this.open(this.disk);
  }

  private open(disk: SimulatedDisk): Store {
    const environment = { now: () => this.now, random: (count: number) => new Uint8Array(count) };
    return openStoreIn(`/clock/${this.steps.length}`, { segmentSize: 4096, maxSize: 4096 * SEGMENTS, flush: 'manual' }, environment, disk);
  }

  private below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  run(jumps: number, figures: Record<string, number>): void {
    for (let jump = 0; jump < jumps; jump++) {
      for (let writes = this.below(20); writes > 0; writes--) this.write();
      this.upkeep();
      const names = Object.keys(TABLE);
      const name = names[this.below(names.length)];
      const entries = [...this.model.values()].filter(({ expiry }) => Number.isFinite(expiry));
      const expiry = entries.length > 0 ? entries[this.below(entries.length)].expiry : this.now + 10;
      this.now = Math.max(0, TABLE[name](this.now, expiry, this.next));
      for (const entry of this.model.values()) entry.latest = Math.max(entry.latest, this.now);
      this.steps.push(`the clock jumps ${name}, to ${this.now}`);
      figures[name] = (figures[name] ?? 0) + 1;
      this.compare();
    }
    this.store.close();
  }

  private write(): void {
    const key = `key ${this.below(KEYS)}`;
    const value = `${this.below(1e6)}`.padEnd(this.below(400), 'v');
    const dice = this.next();
    const expiry = this.next() < 0.3 ? Number.POSITIVE_INFINITY : this.now + [1, 50, 5000, 2 * DAY][this.below(4)];
    if (dice < 0.75) {
      this.steps.push(`set ${key} to expire at ${expiry}`);
      this.store.set(key, value, { expiresAt: expiry });
      this.model.set(key, { value, expiry, latest: this.now });
      this.ghosts.delete(key);
    } else if (dice < 0.9) {
      this.steps.push(`touch ${key} to expire at ${expiry}`);
      const entry = this.model.get(key) ?? this.ghosts.get(key);
      if (!this.store.touch(key, { expiresAt: expiry })) return;
      if (entry === undefined) throw new Error(`touch of '${key}' says that it is there`);
      this.model.set(key, { value: entry.value, expiry, latest: this.now });
      this.ghosts.delete(key);
    } else {
      this.steps.push(`delete ${key}`);
      const entry = this.model.get(key);
      if (!this.store.delete(key) && entry !== undefined && entry.latest >= entry.expiry) this.ghosts.set(key, entry);
      this.model.delete(key);
    }
  }

  /** What may clean an expired entry away, or find it again. */
  private upkeep(): void {
    const dice = this.next();
    const { store, disk } = this;
    if (dice < 0.15) store.flushSync();
    else if (dice < 0.3) store.compact();
    else if (dice < 0.4) {
      store.close();
      this.store = this.open(disk);
    } else if (dice < 0.5) {
      store.flushSync();
      const image = disk.cut();
      store.close();
      disk.load(image, `after ${this.steps.length} steps`);
      this.store = this.open(disk);
    } else return;
    this.steps.push(dice < 0.15 ? 'flush' : dice < 0.3 ? 'compact' : dice < 0.4 ? 'reopen' : 'flush, power cut');
  }

  private compare(): void {
    const { store, now } = this;
    const served = new Map([...store.records()].map((record) => [record.key, record]));
    for (const [key, { value, expiresAt }] of served) {
      const ghost = this.ghosts.get(key);
      if (expiresAt <= now) throw new Error(`'${key}', which expires at ${expiresAt}, is served at ${now}`);
      if (!this.model.has(key) && (ghost?.value !== value || ghost?.expiry !== expiresAt)) throw new Error(`'${key}' is there, and must not be`);
    }
    for (const [key, { value, expiry, latest }] of this.model) {
      const found = [store.get(key) !== undefined, store.has(key), store.expiresAt(key) !== undefined, store.getEntry(key) !== undefined, served.has(key)];
      if (found.some((one) => one !== found[0])) throw new Error(`get, has, expiresAt, getEntry and records do not agree about '${key}': ${found}`);
      if (!found[0] && latest < expiry) throw new Error(`'${key}', which expires at ${expiry}, is not there at ${now}, and it never was later than ${latest}`);
      if (found[0] && store.get(key) !== value) throw new Error(`'${key}' has another value`);
    }
    const [finding] = store.check();
    if (finding !== undefined) throw new Error(`check() finds ${finding.invariant}: ${finding.message}`);
  }
}

function runOne(seed: number, figures: Record<string, number>): Failure | undefined {
  const story = new Story(seed);
  try {
    story.run(JUMPS, figures);
    return undefined;
  } catch (error) {
    return { seed, what: (error as Error).message, operations: story.steps.slice(-60), replay: replayCommand('11', `--replay ${seed}`) };
  }
}

export const clockJumps: Row = {
  id: '11',
  title: 'the clock jumps back and forward',
  unit: 'jumps',
  ci: 5_000,
  full: 200_000,
  mustBe: 'nothing served past its TTL by the clock given; no crash',
  run: async (context) => trySeeds(context, (seed, figures) => ({ cases: JUMPS, failure: runOne(seed, figures) })),
  async replay(what) {
    const failure = runOne(Number(what), {});
    return { cases: JUMPS, failures: failure === undefined ? [] : [failure], figures: {} };
  },
};
