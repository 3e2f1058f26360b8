// The log: records are appended to the open segment and never change. Written first, published by one store of the segment's length.
// Not here: which record is the latest of its key (index), and where new segments come from (upkeep/room.ts sets `takeSegment`).

import { recordChecksum } from '../file/checksum.js';
import { openWord, type Segments } from '../file/segments.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import type { Region } from '../mapping/mapping.js';
import { type EncodedValue, writeValue } from './codec.js';
import { DeadMarks } from './dead-marks.js';
import { contentBytes, parity, type RecordReader, spaceFor } from './record.js';

const { Control, Entry, Flag, Rec, SegmentKind } = L;

export class Log {
  private readonly segments: Segments;
  private readonly segmentBytes: number;
  /** The append point in use, and the label of the segments that are opened for it. A store has one point, and no labels. */
  point = 0;
  label = 0;
  /** Its open segment, 0 if none; bytes written to it, published or not. */
  segment = 0;
  tail = 0;
  private region!: Region;
  private entryWords!: Int32Array;
  private entryAt = 0;
  private base = 0;
  private generation = 0;
  /** Sequence number of the next record. */
  sequence = 1;
  /** Segments filled since the last publication, with their lengths: a batch may span several. */
  private readonly filled: { segment: number; length: number }[] = [];
  readonly dead: DeadMarks;
  /** Bytes of log ever appended, for stats. */
  appended = 0;

  constructor(segments: Segments) {
    this.segments = segments;
    this.segmentBytes = segments.space.segmentBytes;
    this.dead = new DeadMarks(this.segmentBytes);
  }

  /** Continues where the control block says the log ends. */
  refresh(): void {
    const { control, controlDoubles } = this.segments.space;
    this.sequence = controlDoubles[Control.NEXT_SEQUENCE >> 1];
    this.point = control[Control.POINT] & (L.POINTS - 1);
    this.resumeOpen();
  }

  /** Goes on at another append point; what was written at this one is published. `label` is for the segments that are opened there. */
  use(point: number, label: number): void {
    this.label = label;
    if (point === this.point) return;
    this.point = point;
    // For repair: it must know whose open segment the operation under way may have added.
    this.segments.space.control[Control.POINT] = point;
    this.resumeOpen();
  }

  /** Whether records are appended to this segment. */
  isOpen(segment: number): boolean {
    return segment === this.segment || this.segments.isOpen(segment);
  }

  private resumeOpen(): void {
    const { segments } = this;
    const open = segments.space.control[openWord(this.point)];
    const isLog = open > 0 && open < segments.space.capacity && !segments.space.isTable(open) && segments.word(open, Entry.KIND) === SegmentKind.LOG;
    const length = isLog ? segments.word(open, Entry.LENGTH) : 0;
    // A length that can't be is check()'s to name: what follows goes to a fresh segment.
    const isOpen = isLog && length >= 0 && length <= this.segmentBytes && length % L.RECORD_ALIGN === 0;
    this.resume(isOpen ? open : 0, length);
  }

  /** Continues in `segment` at `length`; 0 means a new segment is opened by the first append. */
  resume(segment: number, length: number): void {
    this.filled.length = 0;
    this.segment = segment;
    this.tail = length;
    if (segment === 0) {
      this.tail = this.segmentBytes;
      return;
    }
    this.pointAt(segment);
  }

  private pointAt(segment: number): void {
    const { segments } = this;
    this.region = segments.space.regionOf[segment];
    this.base = segments.space.wordBase[segment];
    segments.entry(segment);
    this.entryWords = segments.words;
    this.entryAt = segments.at;
    this.generation = segments.words[segments.at + Entry.GENERATION];
  }

  /** Ends the open segments, or this one; the next append opens another. */
  seal(segment?: number): void {
    const { control } = this.segments.space;
    for (let point = 0; point < L.POINTS; point++) if (segment === undefined || control[openWord(point)] === segment) control[openWord(point)] = 0;
    if (segment === undefined || this.segment === segment) this.resume(0, 0);
  }

  fits(bytes: number): boolean {
    return this.tail + bytes <= this.segmentBytes;
  }

  /** Moves on to a fresh segment that was taken for the log. */
  openNext(segment: number): void {
    if (this.segment !== 0) this.filled.push({ segment: this.segment, length: this.tail });
    this.segment = segment;
    this.tail = 0;
    this.pointAt(segment);
  }

  /** Says in the control block which segment is open here, though nothing is in it yet. */
  announce(): void {
    this.segments.space.control[openWord(this.point)] = this.segment;
  }

  /** Writes a record behind the published ones, and returns its location. It must fit. `expiry` is Infinity for none; `payload` bytes of the value lie in it. */
  write(key: KeyBuffer, value: EncodedValue, payload: number, flags: number, expiry: number): number {
    const expires = expiry !== Number.POSITIVE_INFINITY;
    const content = contentBytes(key.length, payload, expires);
    const { words, doubles, bytes } = this.region;
    const at = this.base + (this.tail >> 2);
    words[at + Rec.GENERATION] = this.generation;
    doubles[(at + Rec.SEQUENCE) >> 1] = this.sequence;
    words[at + Rec.VALUE_LENGTH] = value.length;
    let meta = key.length | (value.kind << L.KIND_SHIFT) | flags | (key.utf16 ? Flag.UTF16_KEY : 0);
    let expiryWords = 0;
    let keyAt = at + Rec.HEADER_WORDS;
    if (expires) {
      meta |= Flag.EXPIRES;
      doubles[(at + Rec.EXPIRY) >> 1] = expiry;
      expiryWords = words[at + Rec.EXPIRY] ^ words[at + Rec.EXPIRY + 1];
      keyAt += 2;
    }
    words[at + Rec.META] = meta | (parity(meta, value.length, expiryWords) << L.PARITY_SHIFT);
    const keyWords = key.words;
    const keyCount = (key.length + 3) >> 2;
    for (let i = 0; i < keyCount; i++) words[keyAt + i] = keyWords[i];
    if (payload > 0) {
      // The last word first, so that the padding is zero.
      words[at + (content >> 2) - 1] = 0;
      if ((flags & Flag.CHAINED) === 0) writeValue(value, bytes, (keyAt + keyCount) << 2);
      else bytes.set(value.bytes as Uint8Array, (keyAt + keyCount) << 2);
    }
    words[at] = recordChecksum(words, bytes, at, content);
    return this.advance(content);
  }

  /** Appends a record as it stands elsewhere, under a new sequence number and with this expiry, for cleaning and `touch`. It must fit. */
  copy(from: RecordReader, expiry: number): number {
    const expires = expiry !== Number.POSITIVE_INFINITY;
    const { valueLength } = from;
    const content = contentBytes(from.keyLength, from.payloadLength, expires);
    const { words, doubles, bytes } = this.region;
    const at = this.base + (this.tail >> 2);
    words[at + Rec.GENERATION] = this.generation;
    doubles[(at + Rec.SEQUENCE) >> 1] = this.sequence;
    words[at + Rec.VALUE_LENGTH] = valueLength;
    let meta = from.meta & 0xffffff & ~Flag.EXPIRES;
    let expiryWords = 0;
    let bodyAt = at + Rec.HEADER_WORDS;
    if (expires) {
      meta |= Flag.EXPIRES;
      doubles[(at + Rec.EXPIRY) >> 1] = expiry;
      expiryWords = words[at + Rec.EXPIRY] ^ words[at + Rec.EXPIRY + 1];
      bodyAt += 2;
    }
    words[at + Rec.META] = meta | (parity(meta, valueLength, expiryWords) << L.PARITY_SHIFT);
    const body = content - ((bodyAt - at) << 2);
    from.region.bytes.copy(bytes, bodyAt << 2, from.keyStart, from.keyStart + body);
    words[at] = recordChecksum(words, bytes, at, content);
    return this.advance(content);
  }

  private advance(content: number): number {
    const location = (this.segment << this.segments.space.locationShift) | (this.tail >> L.LOCATION_SHIFT);
    const bytes = spaceFor(content);
    this.tail += bytes;
    this.appended += bytes;
    this.sequence++;
    return location;
  }

  /** Makes what was written part of the log. Run again by repair, up to `end` of `segment`. */
  publish(): void {
    const { segments } = this;
    const { control, controlDoubles } = segments.space;
    controlDoubles[Control.NEXT_SEQUENCE >> 1] = this.sequence;
    if (this.filled.length > 0 || control[openWord(this.point)] !== this.segment) this.publishFilled();
    this.entryWords[this.entryAt + Entry.LENGTH] = this.tail;
  }

  private publishFilled(): void {
    for (const { segment, length } of this.filled) this.segments.setWord(segment, Entry.LENGTH, length);
    this.filled.length = 0;
    this.segments.space.control[openWord(this.point)] = this.segment;
  }

  /** Drops what was written and not published; `taken` segments of it go back. */
  abandon(segment: number, length: number, sequence: number, taken: readonly number[]): void {
    this.resume(segment, length);
    this.sequence = sequence;
    for (const one of taken) this.segments.release(one);
  }

  /** Notes the expiry of a record: when a segment's first one expires it is worth a look, and when all have, it needs no copying. */
  noteExpiry(location: number, expiry: number, bytes: number): void {
    const { segments } = this;
    segments.entry(location >>> segments.space.locationShift);
    const { words, doubles, at } = segments;
    if (words[at + Entry.EXPIRING] === 0 || expiry < doubles[(at + Entry.GATE) >> 1]) doubles[(at + Entry.GATE) >> 1] = expiry;
    words[at + Entry.EXPIRING] += bytes;
    if (expiry > doubles[(at + Entry.LAST_EXPIRY) >> 1]) doubles[(at + Entry.LAST_EXPIRY) >> 1] = expiry;
  }
}

/** Calls `visit` for each record of `segment` up to `length`, in order. Stops at the first that can't be one, and returns the offset reached. */
export function scan(reader: RecordReader, segment: number, locationShift: number, from: number, length: number, visit: (location: number) => void): number {
  let offset = from;
  while (offset < length) {
    const location = (segment << locationShift) | (offset >> L.LOCATION_SHIFT);
    reader.seek(location);
    if (!reader.isPlausible() || offset + reader.content > length) return offset;
    const bytes = reader.space16;
    visit(location);
    offset += bytes;
  }
  return offset;
}
