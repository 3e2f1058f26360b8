// One store on a simulated disk, the Map beside it, and what the store must be after a power cut at any moment.
// A flush is known by its number: what was there when it took the number is what must be there when a recovery says that it came to that flush.

import * as L from '../../../packages/engine/src/layout.js';
import type { Mapping } from '../../../packages/engine/src/mapping/mapping.js';
import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { mixed, random } from '../../support/random.js';
import { type Moment, SimulatedDisk } from '../../support/simulated-mapping.js';
import { trappedMapping } from '../../support/trapped-mapping.js';
import { apply, difference, type Entry, expiryOf, keyFrom, type Model, sameValue, updated } from './model.js';
import { type Item, type Operation, valueFrom } from './story.js';

const START = 1_000_000;
const LAST_FLUSH = L.CONTROL_OFFSET + L.Control.LAST_FLUSH * 4;
const BUCKETS = L.CONTROL_OFFSET + L.Control.BUCKETS * 4;
const CAPACITY = L.CONTROL_OFFSET + L.Control.CAPACITY * 4;
const DURABLE_FLUSH = L.CONTROL_OFFSET + L.Control.DURABLE_FLUSH * 4;

/** A store is not what it must be. */
export class Wrong extends Error {}

/** A power cut: what it left on the disk, and which flushes it may be as. */
export interface Cut {
  image: Buffer;
  completed: number;
  begun: number;
  where: string;
}

export interface WorldOptions {
  seed: number;
  /** Segments that `maxSize` holds. */
  segments: number;
  /** Bytes, 4096 if not given. */
  segmentSize?: number;
  /** Every store of a word is a moment too. */
  trapped: boolean;
  /** What the row does at a moment inside the engine's calls: write back, cut. */
  atMoment(world: World, moment: Moment): void;
  backup?(world: World): void;
}

let opened = 0;

export class World {
  readonly options: WorldOptions;
  now = START;
  disk: SimulatedDisk;
  store!: Store;
  model: Model = new Map();
  /** By flush: what was there when it began. Two, if it began inside an operation, which may have taken effect by then. */
  readonly flushed = new Map<number, Model[]>();
  /** The operation under way, and the flushes that began inside it. */
  private underWay: Operation | undefined;
  private readonly begunInside: number[] = [];
  /** Cuts whose survivors were not looked at yet. */
  readonly cuts: Cut[] = [];
  /** The disk of survivors, used again and again. */
  private readonly scratch: SimulatedDisk;
  next: () => number;
  /** Looked at: survivors of cuts. */
  cases = 0;
  /** Deaths within an operation that were looked at. */
  deaths = 0;
  /** While a recovery runs: the flush that it must come to. */
  private recoveringTo: number | undefined;
  /** What was found wrong at a moment inside the engine's call that is under way. */
  private wrong: unknown;
  private doing = 'the first opening';
  /** Of all lives: how often the file grew, and segments that were cleaned. */
  growths = 0;
  cleaned = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.next = random(mixed(options.seed, 1));
    this.disk = this.newDisk();
    this.scratch = this.newDisk();
  }

  /** Creates the store. */
  begin(): this {
    this.recoveringTo = 1;
    this.flushed.set(1, [new Map()]);
    this.open();
    this.recoveringTo = undefined;
    return this;
  }

  get maxBytes(): number {
    return L.HEAD_BYTES + this.options.segments * (this.options.segmentSize ?? 4096);
  }

  private newDisk(): SimulatedDisk {
    return new SimulatedDisk(this.maxBytes, () => this.next());
  }

  private openOn(mapping: Mapping): Store {
    const environment = { now: () => this.now, random: (count: number) => new Uint8Array(count).fill(this.options.seed) };
    const { seed, segmentSize = 4096 } = this.options;
    // In a third of the stories what was read is answered from the heap, as long as it holds.
    const objectCache = seed % 3 === 1 ? { maxEntries: 30, types: 'all' as const } : undefined;
    return openStoreIn(`/world/${opened++}`, { segmentSize, maxSize: this.maxBytes, flush: 'manual', objectCache }, environment, mapping);
  }

  /** Opens the disk as it is. */
  private open(): void {
    const { disk, options } = this;
    disk.isSlow = true;
    disk.onMoment = (moment) => this.onMoment(moment);
    this.store = this.openOn(options.trapped ? trappedMapping(disk, (from, to) => disk.store(from, to)) : disk);
    this.assertNothingWrong();
  }

  private onMoment(moment: Moment): void {
    if (moment === 'before sync') this.noteFlush();
    if (this.wrong !== undefined) return;
    try {
      this.options.atMoment(this, moment);
    } catch (error) {
      // Thrown once the engine's call has returned: it must not take an operation apart.
      this.wrong = error;
    }
  }

  private assertNothingWrong(): void {
    const { wrong } = this;
    this.wrong = undefined;
    if (wrong !== undefined) throw wrong;
  }

  /** The first sync of a flush comes before anything else can happen: what is there now is what the flush is of. */
  private noteFlush(): void {
    if (this.recoveringTo !== undefined) return;
    const begun = this.disk.double(LAST_FLUSH);
    if (this.flushed.has(begun)) return;
    // Inside an operation a flush may come before it takes effect, for room is made first, or after, for cleaning comes last.
    this.flushed.set(begun, this.possible());
    this.begunInside.push(begun);
  }

  /** What may be there now: all that had returned, and of the operation under way nothing, or all. */
  private possible(): Model[] {
    const models = [new Map(this.model)];
    if (this.underWay !== undefined) {
      const after = new Map(this.model);
      apply(after, this.underWay, this.now);
      models.push(after);
    }
    return models;
  }

  /** The flush that counts as completed, and the last that has begun. */
  flushes(): { completed: number; begun: number } {
    const { recoveringTo, disk } = this;
    return { completed: recoveringTo ?? disk.double(DURABLE_FLUSH), begun: recoveringTo ?? disk.double(LAST_FLUSH) };
  }

  /** Cuts the power: the disk as it may be now. The store goes on. */
  cutNow(image = this.disk.cut()): Cut {
    return { image, ...this.flushes(), where: this.doing };
  }

  /** The same; the survivor is looked at by `lookAtCuts`. */
  cut(): void {
    this.cuts.push(this.cutNow());
  }

  /** Opens what each cut left: it must be as at the flush that had completed, or at the one in progress. */
  lookAtCuts(): void {
    for (const cut of this.cuts.splice(0)) this.lookAt(cut);
  }

  /** Returns the flush that the survivor is as, and what is in it. */
  lookAt(cut: Cut): { flush: number; model: Model } {
    this.cases++;
    const { scratch } = this;
    scratch.load(cut.image, `elsewhere ${this.cases}`);
    const when = `after a power cut in ${cut.where}`;
    const survivor = this.survivor(when, scratch);
    try {
      return this.assertFlush(when, survivor, cut);
    } finally {
      survivor.close();
    }
  }

  /** Changes at the very store that counts a new bucket or a new segment. */
  get shape(): number {
    return this.disk.word(BUCKETS) * 2 ** 20 + this.disk.word(CAPACITY);
  }

  /** The process dies at this moment, within an operation: the next one finds its memory, with all that had returned, and of the operation all or nothing. */
  lookAtDeath(): void {
    this.deaths++;
    const { scratch, disk } = this;
    const when = `after a death in ${this.doing}`;
    scratch.load(disk.contents, disk.identity);
    const survivor = this.survivor(when, scratch);
    try {
      const models = this.recoveringTo === undefined ? this.possible() : (this.flushed.get(this.recoveringTo) ?? []);
      const differences = models.map((model) => difference(survivor, model, this.now));
      if (!differences.includes(undefined)) throw new Wrong(`${when}: ${differences.join(', nor: ')}`);
      // It goes on, and the table's lists are right: else this would meet a segment twice.
      for (let more = 0; more < 8; more++) survivor.set(`after ${more}`, 'x'.repeat(900));
      survivor.flushSync();
      const [finding] = survivor.check();
      if (finding !== undefined) throw new Wrong(`${when}, written to, check() finds ${finding.invariant}: ${finding.message}`);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_STORE_FULL') throw error;
    } finally {
      survivor.close();
    }
  }

  private survivor(when: string, mapping: Mapping): Store {
    try {
      return this.openOn(mapping);
    } catch (error) {
      throw new Wrong(`${when} it does not open: ${(error as Error).message}`);
    }
  }

  /** That a store is as at one of two flushes: which, and what was there. */
  private assertFlush(when: string, store: Store, { completed, begun }: Pick<Cut, 'completed' | 'begun'>): { flush: number; model: Model } {
    const wrong = (what: string) => new Wrong(`${when} (flush ${completed} had completed, ${begun} had begun): ${what}`);
    try {
      const flush = store.stats().durableFlush;
      if (flush !== completed && flush !== begun) throw wrong(`it is as at flush ${flush}`);
      const differences: string[] = [];
      const match = (this.flushed.get(flush) ?? []).find((model) => {
        const differs = difference(store, model, this.now);
        if (differs !== undefined) differences.push(differs);
        return differs === undefined;
      });
      if (match === undefined) throw wrong(`as at flush ${flush}, ${differences.join(', nor: ')}`);
      const [finding] = store.check();
      if (finding !== undefined) throw wrong(`check() finds ${finding.invariant}: ${finding.message}`);
      return { flush, model: match };
    } catch (error) {
      throw error instanceof Wrong ? error : wrong((error as Error).message);
    }
  }

  /** Goes on with what a cut left. Earlier flushes of the old life can not be met again, later ones neither. */
  revive(cut: Cut): void {
    const { flush } = this.lookAt(cut);
    this.leave();
    this.disk = this.newDisk();
    this.disk.load(cut.image, `revived ${this.cases}`);
    this.goOn('in a life after a power cut', { completed: flush, begun: flush });
  }

  /** Goes on with a disk whose store must be as at one of two flushes. */
  goOn(when: string, flushes: Pick<Cut, 'completed' | 'begun'>): void {
    if (flushes.completed === flushes.begun) this.recoveringTo = flushes.begun;
    this.doing = 'a recovery';
    this.open();
    const { flush, model } = this.assertFlush(when, this.store, flushes);
    this.model = new Map(model);
    this.flushed.clear();
    this.flushed.set(flush, [model]);
    this.recoveringTo = undefined;
  }

  /** Ends the store of a life that is over: it still has its old disk. */
  leave(): void {
    this.disk.onMoment = undefined;
    this.disk.syncsLeft = Number.POSITIVE_INFINITY;
    this.disk.land();
    this.count();
    this.store.close();
  }

  private count(): void {
    const { growths, cleanedSegments } = this.store.stats();
    this.growths += growths;
    this.cleaned += cleanedSegments;
  }

  assertSame(when: string): void {
    const differs = difference(this.store, this.model, this.now);
    if (differs !== undefined) throw new Wrong(`${when}: ${differs}`);
  }

  async run(operation: Operation, name: string): Promise<void> {
    this.next = random(operation.dice);
    this.doing = name;
    this.begunInside.length = 0;
    this.underWay = operation;
    // A sync ends, and its store is told only once the operation has returned.
    if (this.next() < 0.3) this.disk.land();
    try {
      this.perform(operation);
      apply(this.model, operation, this.now);
    } catch (error) {
      // Full: then nothing has changed.
      if ((error as { code?: string }).code !== 'ERR_STORE_FULL') throw error;
      for (const flush of this.begunInside) this.flushed.get(flush)?.splice(1);
    } finally {
      this.underWay = undefined;
    }
    if (this.next() < 0.6) this.disk.land();
    await turn();
    this.assertNothingWrong();
  }

  /** What an operation answers must be what the Map says. */
  private assertAnswer(found: unknown, expected: unknown): void {
    if (!sameValue(found, expected)) throw new Wrong(`${this.doing} answered ${JSON.stringify(found)}, and must answer ${JSON.stringify(expected)}`);
  }

  private alive(key: number): Entry | undefined {
    const entry = this.model.get(keyFrom(key));
    return entry !== undefined && entry.expiry > this.now ? entry : undefined;
  }

  private perform(operation: Operation): void {
    const { store } = this;
    const expiresAt = (ttl: number) => expiryOf(ttl, this.now);
    switch (operation.do) {
      case 'set':
        return this.set(operation.item);
      case 'update':
        return this.update(operation.item);
      case 'get':
        this.assertAnswer(store.has(keyFrom(operation.key)), this.alive(operation.key) !== undefined);
        return this.assertAnswer(store.get(keyFrom(operation.key)), this.alive(operation.key)?.value);
      case 'delete':
        return this.assertAnswer(store.delete(keyFrom(operation.key)), this.alive(operation.key) !== undefined);
      case 'touch':
        return this.assertAnswer(store.touch(keyFrom(operation.key), { expiresAt: expiresAt(operation.ttl) }), this.alive(operation.key) !== undefined);
      case 'batch':
        return store.batch((batch) => {
          for (const one of operation.items) {
            if (one.gone) batch.delete(keyFrom(one.key));
            else batch.set(keyFrom(one.key), valueFrom(one.value), { expiresAt: expiresAt(one.ttl) });
          }
        });
      case 'deleteMany': {
        const expected = operation.keys.map((key, i) => this.alive(key) !== undefined && operation.keys.indexOf(key) === i);
        return this.assertAnswer(store.deleteMany(operation.keys.map(keyFrom)), expected);
      }
      case 'clear':
        return void store.clear();
      case 'clear prefix':
        return void store.clear({ prefix: keyFrom(operation.key) });
      case 'iterate':
        return this.iterate(operation.items);
      case 'compact':
        return store.compact();
      case 'flush':
        return store.flushSync();
      case 'flush aside':
        return void store.flush().catch(() => undefined);
      case 'wait':
        this.now += operation.ms;
        return;
      case 'reopen':
        return this.reopen();
      case 'die':
        return this.die();
      case 'backup':
        return this.options.backup?.(this);
    }
  }

  private set({ key, value, ttl }: Item): void {
    this.store.set(keyFrom(key), valueFrom(value), { expiresAt: expiryOf(ttl, this.now) });
  }

  private update(item: Item): void {
    const { store, now } = this;
    const found = this.alive(item.key);
    const made = updated(item, found, now);
    const change = (value: unknown) => {
      this.assertAnswer(value, found?.value);
      return made?.value;
    };
    this.assertAnswer(
      item.ttl > 0 ? store.update(keyFrom(item.key), change, { expiresAt: now + item.ttl }) : store.update(keyFrom(item.key), change),
      made?.value,
    );
  }

  /** Every key that is there from start to end comes once, whatever is set meanwhile. */
  private iterate(items: readonly Item[]): void {
    const before = [...this.model.keys()].filter((key) => (this.model.get(key) as Entry).expiry > this.now);
    const seen = new Set<string>();
    let at = 0;
    for (const key of this.store.keys()) {
      if (seen.has(key)) throw new Wrong(`'${key}' comes twice in an iteration`);
      seen.add(key);
      const item = items[at++];
      if (item === undefined) continue;
      this.set(item);
      this.model.set(keyFrom(item.key), { value: valueFrom(item.value), expiry: expiryOf(item.ttl, this.now) });
    }
    for (const key of before) if (!seen.has(key)) throw new Wrong(`'${key}' did not come in an iteration`);
  }

  private reopen(): void {
    this.disk.land();
    this.count();
    this.store.close();
    this.open();
    this.assertSame('after a clean close');
  }

  /** The process dies; the next one finds its memory. */
  private die(): void {
    const survivor = this.disk.afterDeath();
    this.leave();
    this.disk = survivor;
    this.open();
    this.assertSame('after the death of the process');
  }
}

/** Lets what waits for a sync go on. */
async function turn(): Promise<void> {
  for (let i = 0; i < 4; i++) await undefined;
}
