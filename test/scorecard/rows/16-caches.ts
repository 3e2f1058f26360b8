// Row 16: caches. Between any two stores of a word the process dies, or the power goes. After a death all that was not evicted is there, of the operation under
// way all or nothing; after a power cut there is nothing; after a clean close all, in the next boot too. Never a value that is not the latest of its key.

import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { random } from '../../support/random.js';
import { SimulatedDisk } from '../../support/simulated-mapping.js';
import { trappedMapping } from '../../support/trapped-mapping.js';
import { type Failure, type Row, replayCommand } from '../row.js';
import { trySeeds } from '../seeds.js';

const SEGMENT = 4096;
const SEGMENTS = 24;
const MAX_BYTES = (SEGMENTS + 8) * SEGMENT;
const OPERATIONS = 600;
/** Stores between two crashes, at most. */
const GAP = 500;

let files = 0;

class Story {
  readonly steps: string[] = [];
  crashes = 0;
  private readonly next: () => number;
  private readonly figures: Record<string, number>;
  private readonly disk: SimulatedDisk;
  private readonly scratch: SimulatedDisk;
  private cache: Store;
  private now = 1_700_000_000_000;
  /** What each key has, if it was not evicted. */
  private readonly latest = new Map<string, string>();
  /** What the operation under way gives its keys, or takes from them. */
  private doing = new Map<string, string | undefined>();
  private storesLeft = Number.POSITIVE_INFINITY;

  constructor(seed: number, figures: Record<string, number>) {
    this.next = random(seed);
    this.figures = figures;
    this.disk = new SimulatedDisk(MAX_BYTES, this.next);
    this.scratch = new SimulatedDisk(MAX_BYTES, this.next);
    this.cache = this.open(this.disk, true);
  }

  private open(disk: SimulatedDisk, isTrapped = false): Store {
    const environment = { now: () => this.now, random: (count: number) => new Uint8Array(count) };
    const mapping = isTrapped ? trappedMapping(disk, () => this.stored()) : disk;
    const options = { eviction: 's3-fifo', segmentSize: SEGMENT, maxSize: (SEGMENTS + 4) * SEGMENT, maxEntries: 400 } as const;
    return openStoreIn(`/caches/${files++}`, options, environment, mapping);
  }

  private below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  private count(what: string): void {
    this.figures[what] = (this.figures[what] ?? 0) + 1;
  }

  run(): void {
    this.work();
    this.storesLeft = this.below(GAP);
    for (let i = 0; i < OPERATIONS; i++) {
      if (this.below(150) === 0) this.reopen();
      else this.work();
    }
    this.storesLeft = Number.POSITIVE_INFINITY;
    this.assertSound(this.cache);
    this.cache.close();
  }

  private work(): void {
    const { cache, latest } = this;
    const key = `key ${Math.floor(600 * this.next() ** 2)}`;
    const what = this.below(13);
    this.doing = new Map();
    if (what < 6) {
      const value = what === 0 ? `${this.next()} `.repeat(400) : `${this.next()} `.padEnd(this.below(200), 'x');
      const ttl = this.below(4) === 0 ? 1 + this.below(500) : undefined;
      this.steps.push(`set ${key}, ${value.length} bytes${ttl === undefined ? '' : `, for ${ttl} ms`}`);
      this.doing.set(key, value);
      cache.set(key, value, { ttl });
      latest.set(key, value);
    } else if (what === 6) {
      this.steps.push(`delete ${key}`);
      this.doing.set(key, undefined);
      cache.delete(key);
      latest.delete(key);
    } else if (what === 7) {
      const items = Array.from({ length: 1 + this.below(8) }, (_, i) => ({ key: `key ${i * 70 + this.below(70)}`, value: `${this.next()}` }));
      this.steps.push(`set ${items.map((item) => item.key).join(', ')} in one`);
      for (const item of items) this.doing.set(item.key, item.value);
      cache.setMany(items);
      for (const item of items) latest.set(item.key, item.value);
    } else if (what === 8) {
      this.steps.push(`touch ${key}`);
      cache.touch(key, { ttl: 1 + this.below(500) });
    } else if (what === 9) {
      this.steps.push('sweep');
      cache.sweep();
    } else {
      const value = cache.get(key);
      if (value !== undefined && value !== latest.get(key)) throw new Error(`'${key}' has a value that is not its latest`);
    }
    this.now += this.below(5);
  }

  /** A clean close, and the next opening: in this boot, or after a power cut. */
  private reopen(): void {
    const before = this.storesLeft;
    this.storesLeft = Number.POSITIVE_INFINITY;
    const kept = [...this.cache.entries()];
    this.cache.close();
    const isCut = this.below(2) === 0;
    this.steps.push(isCut ? 'close, power cut' : 'close');
    if (isCut) this.disk.load(this.disk.cut(), `boot ${this.steps.length}`);
    this.cache = this.open(this.disk, true);
    const { recovery } = this.cache.stats();
    if (recovery !== 'clean') throw new Error(`a cache that was closed cleanly opens as '${recovery}'`);
    const found = new Map(this.cache.entries());
    if (found.size !== kept.length || kept.some(([key, value]) => found.get(key) !== value)) throw new Error('a clean close lost or changed an entry');
    this.count('clean closes');
    this.storesLeft = before;
  }

  /** After each store of a word. */
  private stored(): void {
    if (--this.storesLeft > 0) return;
    this.storesLeft = Number.POSITIVE_INFINITY;
    this.crashes++;
    if (this.below(2) === 0) this.die();
    else this.cut();
    this.storesLeft = 1 + this.below(GAP);
  }

  private die(): void {
    const { scratch, disk, latest, doing } = this;
    scratch.load(disk.contents, disk.identity);
    const survivor = this.open(scratch);
    const { recovery } = survivor.stats();
    if (recovery === 'power-cut') throw new Error('after a death the memory is not believed');
    // A death before the first change to a clean file leaves it clean.
    if (recovery !== 'process-death') this.count('deaths before the first change');
    this.assertSound(survivor);
    let isDone = false;
    for (const [key, value] of survivor.entries()) {
      if (value === latest.get(key)) continue;
      if (value !== doing.get(key)) throw new Error(`after a death '${key}' has a value that it had before, or never`);
      isDone = true;
    }
    // All or nothing: if a part of it has taken effect, no key has its old value.
    for (const [key, value] of isDone ? doing : []) {
      const found = survivor.get(key);
      if (found !== undefined && found !== value) throw new Error(`after a death a part of an operation is there, and '${key}' has its old value`);
    }
    survivor.set('goes on', 'x'.repeat(1000));
    if (survivor.get('goes on') !== 'x'.repeat(1000)) throw new Error('after a death a new entry is not there');
    survivor.close();
    this.count('deaths');
  }

  private cut(): void {
    const { scratch, disk } = this;
    scratch.load(disk.cut(), `cut ${this.crashes} of ${files}`);
    const survivor = this.open(scratch);
    const { recovery } = survivor.stats();
    if (recovery === 'power-cut') {
      if (survivor.size > 0) throw new Error('after a power cut something is there');
      this.count('cuts');
    } else this.assertLatest(survivor, recovery);
    for (let i = 0; i < 50; i++) survivor.set(`after ${i}`, 'x'.repeat(100));
    if (survivor.get('after 49') !== 'x'.repeat(100)) throw new Error('after a power cut a new entry is not there');
    this.assertSound(survivor);
    survivor.close();
  }

  /** A cut before the first change since a clean close was durably announced leaves the file as it was closed. */
  private assertLatest(survivor: Store, recovery: string): void {
    if (recovery !== 'clean') throw new Error(`after a power cut a cache opens as '${recovery}'`);
    for (const [key, value] of survivor.entries()) if (value !== this.latest.get(key)) throw new Error(`after a power cut '${key}' has an old value`);
    this.count('cuts before the first change');
  }

  private assertSound(cache: Store): void {
    const [finding] = cache.check();
    if (finding !== undefined) throw new Error(`check() finds ${finding.invariant}: ${finding.message}`);
  }
}

function runOne(seed: number, figures: Record<string, number>): { cases: number; failure: Failure | undefined } {
  const story = new Story(seed, figures);
  try {
    story.run();
    return { cases: story.crashes, failure: undefined };
  } catch (error) {
    const failure = { seed, what: (error as Error).message, operations: story.steps.slice(-60), replay: replayCommand('16', `--replay ${seed}`) };
    return { cases: story.crashes, failure };
  }
}

export const caches: Row = {
  id: '16',
  title: 'caches: the process dies or the power goes, between any two stores',
  unit: 'crashes',
  ci: 2_000,
  full: 100_000,
  mustBe: 'after a death all but what was evicted; after a power cut nothing; after a clean close all; never a value that is not the latest',
  run: async (context) => trySeeds(context, runOne),
  async replay(what) {
    const { cases, failure } = runOne(Number(what), {});
    return { cases, failures: failure === undefined ? [] : [failure], figures: {} };
  },
};
