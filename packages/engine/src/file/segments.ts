// The segment table: of what kind each segment is, which ones are free, and what a flush wrote down about them.
// The table in the file is the truth, for all openers; the lists here are read from it again when another opener has changed it (`refresh`).
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

/** Where the control block names the open segment of an append point. */
export function openWord(point: number): number {
  return point === 0 ? Control.OPEN_SEGMENT : Control.MORE_OPEN + point - 1;
}

export class Segments {
  readonly space: SegmentFile;
  /** Words of the table that the segment last asked for lies in, and where: set by `entry`. */
  words!: Int32Array;
  doubles!: Float64Array;
  at = 0;
  /** Segments that may be handed out, the last one next. */
  private reusable: number[] = [];
  /** Freed segments that wait for a flush. */
  private gated: number[] = [];
  /** The flush up to which the gate was opened, and the state of the table that the lists are of. */
  private opened = -1;
  private structure = 0;

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
    this.openGate();
    return this.reusable.length;
  }

  /** The segment that will be handed out next; 0 if none is free. */
  get upcoming(): number {
    return this.reusable.at(-1) ?? 0;
  }

  /** How many of those that are handed out next lie one behind the other; no more than `most`. */
  upcomingRun(most: number): number {
    const { reusable, upcoming } = this;
    let count = 0;
    while (count < most && reusable.at(-1 - count) === upcoming + count) count++;
    return count;
  }

  get pending(): number {
    this.openGate();
    return this.gated.length;
  }

  /** Whether the lists are of the table as it is now. */
  get isFresh(): boolean {
    return this.structure === this.space.control[Control.STRUCTURE];
  }

  /** Reads from the table which segments are free, those included that others have grown the file by. */
  refresh(): void {
    const { space } = this;
    space.follow();
    this.reusable.length = 0;
    this.gated.length = 0;
    this.opened = space.controlDoubles[Control.DURABLE_FLUSH >> 1];
    this.structure = space.control[Control.STRUCTURE];
    for (let segment = space.capacity - 1; segment > 0; segment--) {
      if (space.isTable(segment)) continue;
      this.entry(segment);
      if (this.words[this.at + Entry.KIND] === SegmentKind.FREE) this.list(segment);
    }
  }

  /** Puts a free segment where it belongs: handed out again at once, or after the flush its gate names. */
  private list(segment: number): void {
    if (this.double(segment, Entry.GATE) <= this.opened) this.reusable.push(segment);
    else this.gated.push(segment);
  }

  private touched(): void {
    this.structure = this.space.control[Control.STRUCTURE] = (this.space.control[Control.STRUCTURE] + 1) | 0;
  }

  /** Frees what waited for a flush that has completed. */
  private openGate(): void {
    const durable = this.space.controlDoubles[Control.DURABLE_FLUSH >> 1];
    if (durable === this.opened) return;
    this.opened = durable;
    if (this.gated.length === 0) return;
    const waiting = this.gated;
    this.gated = [];
    for (const segment of waiting) this.list(segment);
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
    this.touched();
    return segment;
  }

  /** Frees a segment. Nothing may point into it any more. */
  release(segment: number): void {
    const { controlDoubles } = this.space;
    const completed = controlDoubles[Control.DURABLE_FLUSH >> 1];
    const begun = controlDoubles[Control.LAST_FLUSH >> 1];
    const { kind } = this.durable(segment, completed);
    // A flush under way may have captured it.
    const needed = kind === SegmentKind.LOG || kind === SegmentKind.CHAIN || begun > completed;
    this.entry(segment);
    this.doubles[(this.at + Entry.GATE) >> 1] = needed ? begun + 1 : 0;
    this.words[this.at + Entry.KIND] = SegmentKind.FREE;
    this.list(segment);
    this.touched();
    this.closeOpen(segment);
  }

  /** Whether an append point has this segment open. */
  isOpen(segment: number): boolean {
    const { control } = this.space;
    for (let point = 0; point < L.POINTS; point++) if (control[openWord(point)] === segment) return true;
    return false;
  }

  /** No append point has this segment open any more. */
  closeOpen(segment: number): void {
    const { control } = this.space;
    for (let point = 0; point < L.POINTS; point++) if (control[openWord(point)] === segment) control[openWord(point)] = 0;
  }

  /** After a growth: the new segments become free, lowest handed out first. */
  addGrown(from: number, to: number): void {
    const grown: number[] = [];
    for (let segment = to - 1; segment >= from; segment--) if (!this.space.isTable(segment)) grown.push(segment);
    this.reusable = grown.concat(this.reusable);
    this.touched();
  }

  /** Segments that are not as the last completed flush wrote them down. */
  changed(): number[] {
    const { space } = this;
    const completed = space.controlDoubles[Control.DURABLE_FLUSH >> 1];
    const found: number[] = [];
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      this.entry(segment);
      if (differs(this.words, this.doubles, this.at, completed)) found.push(segment);
    }
    return found;
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

/** Whether an entry is not what its newest slot says. A slot of a flush that never completed is written over by the next one, or it would count after it. */
function differs(words: Int32Array, doubles: Float64Array, at: number, completed: number): boolean {
  const zero = doubles[(at + Entry.SLOT_0 + Slot.FLUSH) >> 1];
  const one = doubles[(at + Entry.SLOT_1 + Slot.FLUSH) >> 1];
  if (zero > completed || one > completed) return true;
  const kind = words[at + Entry.KIND];
  const newest = zero === 0 && one === 0 ? 0 : one > zero ? at + Entry.SLOT_1 : at + Entry.SLOT_0;
  if (newest === 0) return kind !== SegmentKind.FREE;
  if (kind !== words[newest + Slot.KIND]) return true;
  // What is not log or chain is nothing a recovery looks at.
  if (kind !== SegmentKind.LOG && kind !== SegmentKind.CHAIN) return false;
  return words[at + Entry.GENERATION] !== words[newest + Slot.GENERATION] || words[at + Entry.LENGTH] !== words[newest + Slot.LENGTH];
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
