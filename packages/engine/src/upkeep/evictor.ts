// Eviction in a cache: S3-FIFO over segments. New records go to the small queue, a tenth of what lives; from its oldest segment those that were read twice move to the
// main queue, the others go, and their keys are remembered. From the oldest segment of the main queue those that were read since go round again, the others go.
// Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023. A FIFO is what a log is: the order costs nothing.
// What is dead or expired is cleaned away first, as in a store, but without tombstones.

import * as L from '../layout.js';
import { Placement, SMALL_SHARE } from '../log/placement.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from '../store/core.js';
import type { Writer } from '../store/writer.js';
import { Cleaner } from './cleaner.js';
import { Keep, type Room } from './room.js';
import { survey } from './survey.js';

const { Control, Entry, Rule, SegmentKind } = L;

/** Reads that move a record from the small queue to the main one. */
const READS_TO_STAY = 2;
/** Victims of the main queue that may gain less than a segment together, before a record must be read more often to stay. So the search for space ends. */
const PATIENCE = 4;

/** Segments wanted at once, from which on a search for what is read least would take too long. */
const MANY = 8;

/** Of the log, what is dead when the sweeper cleans: less than when a write does, since nothing waits for it, so that a cache of short-lived entries stays near what lives. */
const SWEPT_SHARE = 1 / 8;

/** Free segments with which eviction begins: the next one, and the one for what the victim keeps. */
const AHEAD = 2;

export type Reason = 'evict' | 'expire';
export type OnEvict = (key: string, reason: Reason) => void;

interface Queue {
  live: number;
  oldest: number;
  base: number;
}

export class Evictor extends Cleaner {
  private readonly placement: Placement;
  private readonly maxEntries: number;
  private readonly onEvict: OnEvict | undefined;
  /** Entries that went, for `onEvict`, and why. */
  private readonly gone: { key: string; reason: Reason }[] = [];
  /** Bytes that the victim keeps; victims of the main queue since a segment was gained, and bytes they gained. */
  private kept = 0;
  private turns = 0;
  private gained = 0;
  /** So much space is needed at once that nothing stays. */
  private strict = false;
  evicted = 0;
  expired = 0;
  protected override deadShare = 1 / 5;

  constructor(core: Core, writer: Writer, room: Room, maxEntries: number, onEvict: OnEvict | undefined) {
    super(core, writer, room);
    this.placement = new Placement(core.segments, core.log);
    this.maxEntries = maxEntries;
    this.onEvict = onEvict;
  }

  override step(): void {
    // One entry that owned many segments may have made all the room that was wanted, and `maxEntries` evicts by itself: the others stay.
    if (this.isEvicting && !this.isFull) this.active = false;
    else super.step();
    if (!this.active) this.relieve();
  }

  override start(): void {
    this.setAside();
    super.start();
  }

  override cleanOne(anyGain?: boolean): boolean {
    this.setAside();
    return super.cleanOne(anyGain);
  }

  /** Evicts ahead of need, while the last segment that may be taken is still free. */
  override relieve(): void {
    if (this.isFull) this.active = this.victim !== 0 || this.chooseEviction();
  }

  /** The sweeper does that. */
  override seekExpired(_taken: number): void {}

  private get isFull(): boolean {
    const { segments, space } = this.core;
    return segments.free <= AHEAD && space.nextCapacity() <= space.capacity;
  }

  private get isEvicting(): boolean {
    return this.victim !== 0 && this.rule === Rule.EVICT;
  }

  /** Where what is dead is to be cleaned, nothing that lives is evicted for it: that victim's turn comes again. */
  private setAside(): void {
    if (this.isEvicting) this.control[Control.VICTIM] = 0;
  }

  /** Evicts until enough is free, or the victim is. One by one: a record may own many segments. */
  override lastResort(needed: number): boolean {
    if (this.victim === 0 && !this.chooseEviction()) return false;
    this.strict = needed > MANY;
    const { victim } = this;
    try {
      while (this.victim === victim && this.core.segments.free < needed) this.run(1);
    } finally {
      this.strict = false;
    }
    return true;
  }

  override limitEntries(more: number): void {
    const { core, maxEntries } = this;
    while (core.count + more > maxEntries && core.count > 0) {
      if (this.victim === 0 && !this.chooseEviction()) return;
      this.run(1);
    }
  }

  /** By what is dead, not by what is not used: that can't be had by moving records. */
  override pays(share = this.deadShare): boolean {
    let dead = 0;
    let used = 0;
    for (const { length, live } of survey(this.core).sealed) {
      used += length;
      dead += length - live;
    }
    return dead >= used * share && dead >= this.core.space.segmentBytes;
  }

  /** The one with the most that is dead, if what lives is at most this share of it. Order does not matter: there is nothing that could come back. */
  protected override choose(mostLive: number): boolean {
    let most = 0;
    let victim = 0;
    for (const { segment, length, live } of survey(this.core).sealed) {
      const dead = length - live;
      if (dead <= most || live > length * mostLive || this.damaged.has(segment)) continue;
      most = dead;
      victim = segment;
    }
    if (victim !== 0) this.begin(victim, Rule.DROP_TOMBSTONES);
    return victim !== 0;
  }

  protected override ruleFor(): number {
    return Rule.DROP_TOMBSTONES;
  }

  protected override begin(segment: number, rule: number): void {
    this.kept = 0;
    super.begin(segment, rule);
  }

  /** The oldest segment of the small queue, if that has more than its share, or else of the main queue. */
  private chooseEviction(): boolean {
    const { core, damaged } = this;
    const { segments, space, log } = core;
    const small: Queue = { live: 0, oldest: 0, base: Number.POSITIVE_INFINITY };
    const main: Queue = { live: 0, oldest: 0, base: Number.POSITIVE_INFINITY };
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      segments.entry(segment);
      const { words, doubles, at } = segments;
      if (words[at + Entry.KIND] !== SegmentKind.LOG || words[at + Entry.LENGTH] === 0 || damaged.has(segment)) continue;
      const queue = words[at + Entry.NEXT] === L.Label.MAIN ? main : small;
      queue.live += words[at + Entry.LIVE];
      const base = doubles[(at + Entry.BASE_SEQUENCE) >> 1];
      if (base >= queue.base) continue;
      queue.base = base;
      queue.oldest = segment;
    }
    const isSmall = main.oldest === 0 || (small.oldest !== 0 && small.live > (small.live + main.live) * SMALL_SHARE);
    const victim = isSmall ? small.oldest : main.oldest;
    if (victim === 0) return false;
    if (log.isOpen(victim)) log.seal(victim);
    this.begin(victim, Rule.EVICT);
    return true;
  }

  protected override finish(): void {
    if (this.rule === Rule.EVICT) {
      const { segments, space } = this.core;
      this.gained += segments.word(this.victim, Entry.LENGTH) - this.kept;
      this.turns++;
      if (this.gained >= space.segmentBytes) this.gained = this.turns = 0;
    }
    super.finish();
  }

  protected override handleLatest(reader: RecordReader): void {
    const { core, rule, placement } = this;
    const { expiry } = reader;
    const ttl = expiry === Number.POSITIVE_INFINITY ? expiry : expiry - core.environment.now();
    if (ttl <= 0) {
      this.expire(reader);
      return;
    }
    const wasMain = placement.isMain(reader.segment);
    const { frequency } = core.index;
    let isMain = wasMain;
    let after = frequency;
    if (rule === Rule.EVICT) {
      if (this.strict || (wasMain ? frequency <= Math.floor(this.turns / PATIENCE) : frequency < READS_TO_STAY)) {
        this.evict(reader, !wasMain);
        return;
      }
      isMain = true;
      after = wasMain ? frequency - 1 : 0;
    }
    this.keep(reader, isMain, ttl, after);
  }

  private keep(reader: RecordReader, isMain: boolean, ttl: number, frequency: number): void {
    const { core, placement, room, writer, key } = this;
    const { log, index } = core;
    reader.assertWhole();
    const bytes = reader.space16;
    placement.choose(isMain, ttl);
    if (!log.fits(bytes)) {
      // Records of one segment may need several, where they expire at different times.
      if (core.segments.free === 0) {
        this.evict(reader, false);
        return;
      }
      room.openSegment(Keep.FOR_CLEANING);
      core.isLatest(reader.tag(key), reader.location);
    }
    index.frequency = frequency;
    writer.relocate(reader, reader.expiry);
    this.kept += bytes;
    this.moved++;
  }

  private evict(reader: RecordReader, isRemembered: boolean): void {
    this.note(reader, 'evict');
    if (isRemembered) this.writer.evict(reader);
    else this.writer.drop(reader);
    this.evicted++;
    this.core.space.controlDoubles[Control.EVICTIONS >> 1]++;
  }

  /** Removes an expired record; the cursor of the index stands on its slot. */
  expire(reader: RecordReader): void {
    this.note(reader, 'expire');
    this.writer.drop(reader);
    this.expired++;
    this.core.space.controlDoubles[Control.EXPIRATIONS >> 1]++;
  }

  /** Frees a segment in which nothing lives but tombstones, which nothing needs. */
  free(segment: number, tombstones: number): void {
    const { log } = this.core;
    if (log.isOpen(segment)) log.seal(segment);
    if (this.victim === segment) this.control[Control.VICTIM] = 0;
    this.writer.free(segment, tombstones);
    this.cleaned++;
  }

  /** Whether the sweeper has something to clean. */
  get isLoose(): boolean {
    return this.pays(SWEPT_SHARE);
  }

  /** Cleans some more for the sweeper; whether there is more to do. */
  cleanSome(records: number): boolean {
    this.setAside();
    if (this.victim === 0 && !this.choose(1 - SWEPT_SHARE / 2)) return false;
    this.run(records);
    return true;
  }

  private note(reader: RecordReader, reason: Reason): void {
    if (this.onEvict !== undefined) this.gone.push({ key: reader.keyString(), reason });
  }

  /** Tells who asked to know what went, once the operation under way is over. */
  tell(): void {
    const { onEvict } = this;
    if (onEvict === undefined || this.gone.length === 0) return;
    // Each by itself: one that throws must not keep the others from being told.
    for (const { key, reason } of this.gone.splice(0)) queueMicrotask(() => onEvict(key, reason));
  }
}
