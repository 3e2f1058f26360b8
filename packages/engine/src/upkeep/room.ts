// Where space comes from: a free segment, a flush that opens the gate, cleaning, or growth, in the order that costs least.

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import type { Core } from '../store/core.js';
import type { Cleaner } from './cleaner.js';
import type { Flusher } from './flush.js';
import { Prefaulter } from './prefaulter.js';

const { Control, Intent, SegmentKind } = L;

/**
 * Segments that must stay free after one is taken: the last but one is for tombstones and for overwrites with less, so that a full store can be
 * emptied; the last is for cleaning, which gives it back: what is live in a victim always fits it.
 */
export const Keep = { FOR_WRITES: 2, FOR_DELETES: 1, FOR_CLEANING: 0 } as const;

/** Rounds of making room, a segment of the file: of a cache, that many victims may gain no more than one. */
const ROUNDS = 16;

/**
 * Cleanings in a row that gain no segment, after which a store rather grows, and after which it is full: of records over half a segment no two fit together, so
 * that what is unused beside each is no gain. Others are at most 31/32 of a victim, and 32 of those gain one.
 */
const IN_VAIN = { GROW: 4, FULL: 64 } as const;

/** Milliseconds that another opener's flush is waited for before the file grows instead. */
const FLUSH_PATIENCE = 200;
/** Segments of zeros that each segment opened in the last quarter prepares: just enough for the next doubling. */
const PREPARED_SEGMENTS = 5;

export class Room {
  private readonly core: Core;
  private readonly flusher: Flusher;
  private readonly prefaulter: Prefaulter;
  cleaner!: Cleaner;
  /** A growth failed since the last one that worked: no use to try for each write. */
  private diskFull: unknown;
  private splitting = false;

  constructor(core: Core, flusher: Flusher) {
    this.core = core;
    this.flusher = flusher;
    this.prefaulter = new Prefaulter(core.segments);
    core.index.takeSegment = (kind, ordinal, prepare) => {
      this.makeFree(1, this.keptForIndex(kind));
      const segment = core.segments.take(kind, ordinal, 0, prepare);
      this.prefaulter.taken();
      return segment;
    };
  }

  /** maxSize lets a new file double, so that it keeps one less, and the first write does not pay for growth. A cache needs none for deletes. */
  private kept(keep: number): number {
    const { core } = this;
    return core.isCache || core.space.capacity <= L.INITIAL_SEGMENTS ? Math.min(keep, 1) : keep;
  }

  /** Segments there can be, but for tables. */
  get most(): number {
    const { space } = this.core;
    const segments = Math.max(space.capacity, space.maxSegments);
    return segments - Math.ceil(segments / (space.groupMask + 1));
  }

  /** The bound of the file, for messages. */
  get bound(): string {
    const { space } = this.core;
    return `maxSize of ${Math.max(space.capacity, space.maxSegments)} segments of ${space.segmentBytes} bytes beside the head`;
  }

  /** Throws `ERR_STORE_FULL` where so many segments could not be had if everything went: two index segments stay, and one that is kept. */
  assertHolds(segments: number): void {
    if (segments <= this.most - 3) return;
    const { path } = this.core.space.file;
    const why = `a batch of ${segments} segments is over what a ${this.bound} can ever hold: split it, or open with a larger maxSize`;
    throw new StoreError('ERR_STORE_FULL', `${path}: ${why}. Nothing was changed`, { path });
  }

  /** Whether what must stay free beside a write is free: else the open segment is the one that was kept for deletes. */
  get isKept(): boolean {
    return this.core.isCache || this.core.segments.free >= this.kept(Keep.FOR_WRITES);
  }

  /** Sees to it that a record of `bytes` fits into the open log segment, and that a write takes nothing from what is kept. Throws `ERR_STORE_FULL`. */
  fit(bytes: number, keep: number): void {
    const { log } = this.core;
    if (log.fits(bytes) && keep === Keep.FOR_WRITES) this.makeFree(0, keep);
    if (!log.fits(bytes)) this.openSegment(keep);
  }

  /** Opens a fresh log segment. Throws `ERR_STORE_FULL`. */
  openSegment(keep: number): void {
    const { core, cleaner } = this;
    const { point, label } = core.log;
    this.makeFree(1, keep);
    // Where it was, if records were moved to make room.
    core.log.use(point, label);
    const segment = core.segments.take(SegmentKind.LOG, label, core.log.sequence);
    core.log.openNext(segment);
    // Known at once: before anything is written there, records may be moved at another point.
    if (core.isCache) core.log.announce();
    if (!cleaner.busy) this.lookAhead();
    this.prefaulter.opened(segment);
  }

  /** What a rebuild finds had its place, in an index that had grown in another order: so that it has it again, splits leave a segment to overflow buckets, which may take what is kept. */
  private keptForIndex(kind: number): number {
    if (!this.cleaner.busy) return Keep.FOR_WRITES;
    if (!this.splitting) return Keep.FOR_CLEANING;
    return kind === SegmentKind.OVERFLOW ? Keep.FOR_WRITES : Keep.FOR_WRITES + 1;
  }

  /** Splits a bucket. A full store does without: its chains grow longer. */
  split(): void {
    this.splitting = true;
    try {
      this.core.index.split();
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_FULL')) throw error;
    } finally {
      this.splitting = false;
    }
  }

  /** Sees to it that `count` segments are free, and `keep` more. Throws `ERR_STORE_FULL`. */
  makeFree(count: number, keep: number): void {
    const { core, cleaner, flusher } = this;
    const { segments, space } = core;
    const needed = count + this.kept(keep);
    if (!cleaner.busy && this.isLow) cleaner.seekExpired(count);
    if (segments.free >= needed) return;
    // What is under way has its intent recorded in the one place there is for it: cleaning would take that, and a flush finish what is half done.
    const underWay = core.control[Control.INTENT] !== Intent.NONE;
    let inVain = 0;
    const cleaned = (clean: () => boolean) => {
      const had = segments.free + segments.pending;
      if (!clean()) return false;
      inVain = core.isCache || segments.free + segments.pending > had ? 0 : inVain + 1;
      return true;
    };
    // Each round frees a segment or ends; cleaning one may free none, so rounds are bounded.
    for (let rounds = ROUNDS * (space.capacity + count + 8); rounds > 0; rounds--) {
      if (segments.free >= needed) return;
      // Behind another opener's flush of a whole disk everyone would wait: a larger file is no loss beside that.
      if (!underWay && segments.pending * 4 >= space.capacity && flusher.flushWithin(FLUSH_PATIENCE)) continue;
      if (!underWay && !cleaner.busy && inVain < IN_VAIN.GROW && cleaner.pays() && cleaned(() => cleaner.cleanOne())) continue;
      else if (this.grow()) continue;
      else if (underWay) break;
      else if (segments.pending > 0) flusher.flushSync();
      else if (keep === Keep.FOR_WRITES && inVain >= IN_VAIN.FULL) break;
      else if (cleaner.busy || !cleaned(() => cleaner.lastResort(needed, keep))) break;
    }
    if (segments.free >= needed) return;
    throw this.full();
  }

  private grow(): boolean {
    const { space, segments } = this.core;
    const before = space.capacity;
    try {
      if (!space.grow()) return false;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_FULL')) throw error;
      this.diskFull = error;
      return false;
    }
    this.diskFull = undefined;
    segments.addGrown(before, space.capacity);
    return true;
  }

  private full(): StoreError {
    const { path } = this.core.space.file;
    const why =
      this.diskFull === undefined
        ? `it has reached its ${this.bound}; delete entries, or open it with a larger maxSize`
        : 'the disk is full; free space on it, or delete entries';
    return new StoreError('ERR_STORE_FULL', `${path} is full: ${why}. Nothing was lost`, { path, cause: this.diskFull });
  }

  private get isLow(): boolean {
    const { segments, space } = this.core;
    return segments.free - Keep.FOR_WRITES <= space.capacity >> 2;
  }

  /** After a segment was opened: starts what the next ones will need, before they need it. */
  private lookAhead(): void {
    const { core, cleaner } = this;
    const { segments, space } = core;
    if (segments.pending * 4 >= space.capacity) this.flusher.flushSoon();
    if (!this.isLow) return;
    if (cleaner.pays()) cleaner.start();
    else if (space.nextCapacity() > space.capacity) space.prepareGrowth(PREPARED_SEGMENTS * space.segmentBytes);
    else cleaner.relieve();
  }
}
