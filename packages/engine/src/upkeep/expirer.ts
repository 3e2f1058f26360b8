// Expiry in a store: what has expired beside others that live on is replaced by a tombstone when space is wanted, so that its bytes, and its chain, count as free.
// With the writes, a few records each, before the file grows; or, in a full one, at once. What a cache does by its clock is in sweeper.ts.

import { StoreError } from '../errors.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { contentBytes, type RecordReader, spaceFor } from '../log/record.js';
import type { Core } from '../store/core.js';
import type { Writer } from '../store/writer.js';
import type { DamagedSegments } from './damaged-segments.js';
import { Keep, type Room } from './room.js';
import { isDue } from './survey.js';

const { Entry } = L;

/** Entries of the segment table passed over per write, where nothing has expired. */
const STEP_SEGMENTS = 64;
/** Records looked at for each segment that a write takes: one that fills several must find as much. */
const RECORDS_PER_SEGMENT = 64;

export class Expirer {
  private readonly core: Core;
  private readonly writer: Writer;
  private readonly room: Room;
  private readonly damaged: DamagedSegments;
  private readonly key: KeyBuffer;
  private readonly reader: RecordReader;
  /** The segment that is looked through, the generation it had, how far, and when the next of its records expires. */
  private segment = 0;
  private generation = 0;
  private offset = 0;
  private next = Number.POSITIVE_INFINITY;
  /** Segments to pass until all were seen. */
  private left = 0;
  /** Records to look at beside those of each step. */
  private owed = 0;

  constructor(core: Core, writer: Writer, room: Room, damaged: DamagedSegments) {
    this.core = core;
    this.writer = writer;
    this.room = room;
    this.damaged = damaged;
    this.key = core.newKey();
    this.reader = core.newReader();
  }

  get active(): boolean {
    return this.left > 0;
  }

  /** Goes round the file once, with the steps to come, since so many segments are taken. */
  start(taken: number): void {
    this.left = this.core.space.capacity;
    this.owed += taken * RECORDS_PER_SEGMENT;
  }

  /** Looks at so many records. */
  step(records: number): void {
    let more = records + this.owed;
    this.owed = 0;
    for (let passed = 0; this.left > 0 && more > 0 && passed < STEP_SEGMENTS; passed++) {
      if (this.isDue) more = this.look(more, Keep.FOR_WRITES);
      if (more > 0) this.advance();
    }
  }

  /** Looks through segments until one had something that has expired; whether there was one. */
  findOne(): boolean {
    const { core } = this;
    for (let left = core.space.capacity; left > 0; left--) {
      this.advance();
      if (!this.isDue) continue;
      const before = core.count;
      this.look(Number.POSITIVE_INFINITY, Keep.FOR_DELETES);
      if (core.count < before) return true;
    }
    return false;
  }

  private get isDue(): boolean {
    return isDue(this.core, this.segment) && !this.damaged.has(this.segment);
  }

  private advance(): void {
    this.segment = (this.segment + 1) % this.core.space.capacity;
    this.offset = 0;
    this.left--;
  }

  /** Goes on through the segment; how many of `records` are left when it is through, 0 if it is not. */
  private look(records: number, keep: number): number {
    const { segment, core, reader } = this;
    const { segments, space } = core;
    const generation = segments.word(segment, Entry.GENERATION);
    if (this.offset === 0 || this.generation !== generation) {
      this.offset = 0;
      this.next = Number.POSITIVE_INFINITY;
      this.generation = generation;
    }
    const length = segments.word(segment, Entry.LENGTH);
    const now = core.environment.now();
    // Cleaning knows of a segment in which all has expired, and may free it without a tombstone; not what chains it would free.
    const isKnown = !core.log.isOpen(segment) && segments.double(segment, Entry.LAST_EXPIRY) <= now;
    let left = records;
    try {
      for (; this.offset < length; left--) {
        if (left === 0) return 0;
        reader.seek((segment << space.locationShift) | (this.offset >> L.LOCATION_SHIFT));
        reader.assertPlausible();
        if (reader.isTombstone || core.log.dead.has(segment, generation, this.offset >> L.LOCATION_SHIFT)) {
          // Nothing that expires.
        } else if (reader.expiry > now) this.next = Math.min(this.next, reader.expiry);
        else if ((reader.isChained || !isKnown) && !this.bury(keep)) return 0;
        this.offset += reader.space16;
      }
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT')) throw error;
      this.damaged.add(segment);
      return left;
    }
    segments.entry(segment);
    segments.doubles[(segments.at + Entry.GATE) >> 1] = this.next;
    return left;
  }

  /** Buries the record under the reader, if its key has no newer one; false where there is no room for the tombstone. */
  private bury(keep: number): boolean {
    const { core, key, reader, room, writer } = this;
    if (!core.isLatest(reader.tag(key), reader.location)) return true;
    reader.assertWhole();
    if (!core.log.fits(spaceFor(contentBytes(reader.keyLength, 0, false)))) {
      // Neither growth nor cleaning for it: that is what it is to save.
      if (core.segments.free <= keep) return false;
      room.cleaner.busy = true;
      try {
        room.openSegment(Keep.FOR_CLEANING);
      } finally {
        room.cleaner.busy = false;
      }
      core.isLatest(reader.tag(key), reader.location);
    }
    reader.loadKey(key);
    writer.bury(reader, key);
    return true;
  }
}
