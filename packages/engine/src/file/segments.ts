// The segment table: of what kind each segment is, which ones are free, and what a flush wrote down about them.
// Reuse gate: a segment whose content the last completed flush relies on is handed out again only when a flush that began after it was freed has completed.
// Not here: when to grow, clean or flush (upkeep/room.ts).

import * as L from '../layout.js';
import { xxh32 } from './checksum.js';
import type { SegmentFile } from './segment-file.js';
import { corrupt } from './superblock.js';

const { Control, Entry, Slot, SegmentKind } = L;

/** What a durable slot says. `flush` is 0 where there is none. */
export interface DurableState {
  slot: number;
  kind: number;
  flush: number;
  generation: number;
  length: number;
  baseSequence: number;
  next: number;
  checksum: number;
}

export class Segments {
  readonly space: SegmentFile;
  /** Words of the table that the segment last asked for lies in, and where: set by `entry`. */
  words!: Int32Array;
  doubles!: Float64Array;
  at = 0;
  /** Segments that may be handed out, the last one next. */
  private readonly reusable: number[] = [];
  /** Freed segments that wait for flush `gate`, oldest first. */
  private readonly gated: { segment: number; gate: number }[] = [];
  /** Segments whose table entry changed since the last capture of a flush. */
  readonly dirty = new Set<number>();
  /** Segments that a flush under way has captured with content: gated too until it ends. */
  readonly inFlight = new Set<number>();

  constructor(space: SegmentFile) {
    this.space = space;
  }

  /** Points `words`, `doubles` and `at` at a segment's table entry. */
  entry(segment: number): void {
    const { space } = this;
    const table = segment & ~space.groupMask;
    const region = space.regionOf[table];
    if (region === undefined) throw corrupt(space.file.path, `it names segment ${segment}, which does not exist`);
    this.words = region.words;
    this.doubles = region.doubles;
    this.at = space.wordBase[table] + (segment & space.groupMask) * L.ENTRY_WORDS;
  }

  word(segment: number, field: number): number {
    this.entry(segment);
    return this.words[this.at + field];
  }

  setWord(segment: number, field: number, value: number): void {
    this.entry(segment);
    this.words[this.at + field] = value;
  }

  double(segment: number, field: number): number {
    this.entry(segment);
    return this.doubles[(this.at + field) >> 1];
  }

  get free(): number {
    return this.reusable.length;
  }

  get pending(): number {
    return this.gated.length;
  }

  /** Takes a free segment and makes it `kind`; 0 if none is free. `next` is its ordinal or chain link; `prepare` runs while it is still free. */
  take(kind: number, next: number, baseSequence: number, prepare?: (segment: number) => void): number {
    const segment = this.reusable.pop();
    if (segment === undefined) return 0;
    prepare?.(segment);
    this.entry(segment);
    const { words, at } = this;
    words[at + Entry.GENERATION] = (words[at + Entry.GENERATION] + 1) | 0;
    words[at + Entry.LENGTH] = 0;
    words[at + Entry.LIVE] = 0;
    words[at + Entry.NEXT] = next;
    words[at + Entry.EXPIRING] = 0;
    this.doubles[(at + Entry.LAST_EXPIRY) >> 1] = 0;
    this.doubles[(at + Entry.BASE_SEQUENCE) >> 1] = baseSequence;
    // Last: a process that dies before this leaves a free segment.
    words[at + Entry.KIND] = kind;
    this.dirty.add(segment);
    return segment;
  }

  /** Frees a segment. Nothing may point into it any more. */
  release(segment: number): void {
    this.setWord(segment, Entry.KIND, SegmentKind.FREE);
    this.dirty.add(segment);
    this.fileAsFree(segment);
  }

  /** Puts a free segment where it belongs: handed out again at once, or after the next flush. */
  fileAsFree(segment: number): void {
    const { control, controlDoubles } = this.space;
    const durable = this.durable(segment, controlDoubles[Control.DURABLE_FLUSH >> 1]);
    const needed = durable.kind === SegmentKind.LOG || durable.kind === SegmentKind.CHAIN || this.inFlight.has(segment);
    if (needed) this.gated.push({ segment, gate: controlDoubles[Control.LAST_FLUSH >> 1] + 1 });
    else this.addReusable(segment);
    if (control[Control.OPEN_SEGMENT] === segment) control[Control.OPEN_SEGMENT] = 0;
  }

  private addReusable(segment: number): void {
    this.reusable.push(segment);
  }

  /** Forgets which segments are free; `fileAsFree` tells again. */
  forget(): void {
    this.reusable.length = 0;
    this.gated.length = 0;
    this.dirty.clear();
    this.inFlight.clear();
  }

  /** After a growth: the new segments become free, lowest handed out first. */
  addGrown(from: number, to: number): void {
    const grown: number[] = [];
    for (let segment = to - 1; segment >= from; segment--) if (!this.space.isTable(segment)) grown.push(segment);
    this.reusable.unshift(...grown);
  }

  /** After flush `flush` completed: frees what waited for it. */
  openGate(flush: number): void {
    while (this.gated.length > 0 && this.gated[0].gate <= flush) this.addReusable((this.gated.shift() as { segment: number }).segment);
  }

  /** The newest whole slot of a segment with a number up to `flush`. */
  durable(segment: number, flush: number): DurableState {
    const zero = this.slot(segment, Entry.SLOT_0, flush);
    const one = this.slot(segment, Entry.SLOT_1, flush);
    return one.flush > zero.flush ? one : zero;
  }

  private slot(segment: number, slot: number, flush: number): DurableState {
    this.entry(segment);
    return readSlot(this.words, this.doubles, this.at, slot, segment, flush);
  }

  /** Writes what flush `flush` found into the slot that the last completed flush does not rely on. Returns how the table's sum changes. */
  writeSlot(state: Captured, flush: number, completed: number): number {
    const old = this.durable(state.segment, completed);
    const slot = old.flush > 0 && old.slot === Entry.SLOT_0 ? Entry.SLOT_1 : Entry.SLOT_0;
    this.entry(state.segment);
    const { words, doubles } = this;
    const at = this.at + slot;
    words[at + Slot.KIND] = state.kind;
    doubles[(at + Slot.FLUSH) >> 1] = flush;
    words[at + Slot.GENERATION] = state.generation;
    words[at + Slot.LENGTH] = state.length;
    doubles[(at + Slot.BASE_SEQUENCE) >> 1] = state.baseSequence;
    words[at + Slot.NEXT] = state.next;
    words[at + Slot.NEXT + 1] = 0;
    const checksum = slotChecksum(words, at, state.segment);
    words[at + Slot.CHECKSUM] = checksum;
    return (checksum - old.checksum) | 0;
  }

  /** A segment as it stands now, for a flush. */
  capture(segment: number): Captured {
    this.entry(segment);
    const { words, doubles, at } = this;
    return {
      segment,
      kind: words[at + Entry.KIND],
      generation: words[at + Entry.GENERATION],
      length: words[at + Entry.LENGTH],
      baseSequence: doubles[(at + Entry.BASE_SEQUENCE) >> 1],
      next: words[at + Entry.NEXT],
    };
  }
}

/** What a flush captured of one segment. */
export interface Captured {
  segment: number;
  kind: number;
  generation: number;
  length: number;
  baseSequence: number;
  next: number;
}

const NO_STATE: DurableState = { slot: 0, kind: SegmentKind.FREE, flush: 0, generation: 0, length: 0, baseSequence: 0, next: 0, checksum: 0 };

/** The slot `slot` of the entry at word `at`, if it is whole and not newer than `flush`. */
export function readSlot(words: Int32Array, doubles: Float64Array, entry: number, slot: number, segment: number, flush: number): DurableState {
  const at = entry + slot;
  const number = doubles[(at + Slot.FLUSH) >> 1];
  const checksum = words[at + Slot.CHECKSUM];
  if (!(number >= 1 && number <= flush) || checksum !== slotChecksum(words, at, segment)) return { ...NO_STATE, slot };
  return {
    slot,
    kind: words[at + Slot.KIND],
    flush: number,
    generation: words[at + Slot.GENERATION],
    length: words[at + Slot.LENGTH],
    baseSequence: doubles[(at + Slot.BASE_SEQUENCE) >> 1],
    next: words[at + Slot.NEXT],
    checksum,
  };
}

function slotChecksum(words: Int32Array, at: number, segment: number): number {
  return xxh32(words, at + 1, at + Slot.WORDS, segment) || 1;
}
