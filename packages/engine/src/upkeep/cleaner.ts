// Cleaning: live records of a segment that is mostly dead are copied to the end of the log, and the segment is freed.
// In small steps, a few records per write, by whichever opener writes: where it stands is in the control block. Copies get new sequence numbers, so no record is older than its segment's allocation.
// A record whose checksum fails is never copied: its segment stays as it is, for `check` and salvage.

import { StoreError } from '../errors.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { contentBytes, type RecordReader, spaceFor } from '../log/record.js';
import type { Core } from '../store/core.js';
import type { Writer } from '../store/writer.js';
import { DamagedSegments } from './damaged-segments.js';
import { Expirer } from './expirer.js';
import { Keep, type Room } from './room.js';
import { type Candidate, survey } from './survey.js';

const { Control, Entry, Rule, SegmentKind } = L;

/** The oldest segment is cleaned when tombstones are this share of what is live: only there can they be dropped. */
const TOMBSTONE_SHARE = 0.1;
/** Records looked at per write. */
const STEP_RECORDS = 6;

export class Cleaner {
  protected readonly core: Core;
  protected readonly writer: Writer;
  protected readonly room: Room;
  protected readonly key: KeyBuffer;
  protected readonly reader: RecordReader;
  private readonly other: RecordReader;
  protected readonly control: Int32Array;
  /** Cleaning pays when this share of the log is dead: a third, so that the file stays within 1.5 times the live bytes, and a freed byte costs at most two copied. */
  protected deadShare = 1 / 3;
  readonly damaged: DamagedSegments;
  private readonly expirer: Expirer;
  /** Inside a step: space must not be made by cleaning now. */
  busy = false;
  /** Work is wanted at each write. */
  active = false;
  cleaned = 0;
  moved = 0;

  constructor(core: Core, writer: Writer, room: Room) {
    this.core = core;
    this.control = core.control;
    this.damaged = new DamagedSegments(core.segments);
    this.writer = writer;
    this.room = room;
    this.key = core.newKey();
    this.reader = core.newReader();
    this.other = core.newReader();
    this.expirer = new Expirer(core, writer, room, this.damaged);
  }

  /** The segment being cleaned, 0 if none. */
  protected get victim(): number {
    return this.control[Control.VICTIM];
  }

  protected get rule(): number {
    return this.control[Control.VICTIM_RULE];
  }

  /** Where cleaning pays, a segment is worth it when it has this share of live bytes at most. */
  protected get worthwhile(): number {
    return 1 - this.deadShare / 2;
  }

  /** Whether cleaning is better than growing. */
  pays(): boolean {
    const { used, gain } = survey(this.core);
    return gain >= used * this.deadShare && gain >= this.core.space.segmentBytes;
  }

  start(): void {
    this.active = this.victim !== 0 || this.choose(this.worthwhile) || this.expirer.active;
  }

  /** The file can't grow, and is getting full: what can be done ahead of need. */
  relieve(): void {}

  /** What has expired is looked for with the writes to come. */
  seekExpired(taken: number): void {
    this.expirer.start(taken);
    this.active = true;
  }

  /** Makes place for `more` entries. A store holds any number. */
  limitEntries(_more: number): void {}

  /** A few records' worth of cleaning, or of looking for what has expired, after a write. */
  step(): void {
    const { expirer } = this;
    const looks = this.victim === 0 && expirer.active;
    try {
      if (looks) expirer.step(STEP_RECORDS);
      else if (this.victim !== 0) this.run(STEP_RECORDS);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // No room to copy to, another opener's flush that does not end, a disk that fails: the write that brought us here has succeeded all the same.
      this.active = false;
      return;
    }
    if (this.victim !== 0) return;
    this.active = (!looks && this.isLow && this.pays() && this.choose(this.worthwhile)) || expirer.active;
  }

  protected get isLow(): boolean {
    const { segments, space } = this.core;
    return segments.free + segments.pending <= space.capacity >> 2;
  }

  /** Cleans a whole segment, the one under way or the best; false if none is worth it, or, with `anyGain`, if nothing at all is dead. */
  cleanOne(anyGain = false): boolean {
    if (this.victim === 0 && !this.choose(anyGain ? 1 - L.RECORD_ALIGN / this.core.space.segmentBytes : 31 / 32)) return false;
    return this.runWhole();
  }

  /**
   * Frees what can be, when nothing else makes `needed` segments free: a delete gains more than it takes, however little a segment gives, so that it must not fail. What has
   * expired beside what lives on goes too. And where nothing is gained but what lies unused behind large records, small ones may fit there.
   */
  lastResort(_needed: number, keep: number): boolean {
    return this.cleanOne(keep < Keep.FOR_WRITES) || this.cleanExpired() || (this.chooseUnused() && this.runWhole());
  }

  /** Looks for what has expired until that frees a segment, or makes one worth cleaning. */
  private cleanExpired(): boolean {
    const { segments } = this.core;
    const had = segments.free + segments.pending;
    while (this.expirer.findOne()) if (segments.free + segments.pending > had || this.cleanOne()) return true;
    return false;
  }

  private runWhole(): boolean {
    const { victim } = this;
    this.run(Number.POSITIVE_INFINITY);
    return this.victim !== victim;
  }

  /** Lists every segment that has anything dead in it, oldest first, and ends the open ones among them: not the others, of which the rest would be wasted. */
  listUnclean(): number[] {
    const { segments, log, space } = this.core;
    const hasTombstones = this.control[Control.TOMBSTONE_BYTES] !== 0;
    const isUnclean = (segment: number) => hasTombstones || segments.word(segment, Entry.LENGTH) > this.liveOf(segment);
    for (let segment = 1; segment < space.capacity; segment++) if (!space.isTable(segment) && log.isOpen(segment) && isUnclean(segment)) log.seal(segment);
    const { sealed } = survey(this.core);
    sealed.sort((a, b) => a.base - b.base);
    return sealed.map(({ segment }) => segment).filter(isUnclean);
  }

  /** Cleans this segment, if it still is one of the log. */
  cleanThis(segment: number): void {
    if (this.core.segments.word(segment, Entry.KIND) !== SegmentKind.LOG || this.damaged.has(segment) || this.core.log.isOpen(segment)) return;
    this.begin(segment, this.ruleFor(segment, survey(this.core).sealed));
    this.run(Number.POSITIVE_INFINITY);
  }

  private liveOf(segment: number): number {
    const { segments } = this.core;
    return segments.word(segment, Entry.EXPIRING) > 0 ? 0 : segments.word(segment, Entry.LIVE);
  }

  /** Picks a victim: the one that gains most, if at most this share of it is no gain; the oldest when tombstones weigh. */
  protected choose(mostKept: number): boolean {
    const { core, damaged } = this;
    const { sealed, live } = survey(core);
    let oldest: Candidate | undefined;
    let best: Candidate | undefined;
    for (const one of sealed) {
      if (oldest === undefined || one.base < oldest.base) oldest = one;
      if (!damaged.has(one.segment) && (best === undefined || one.gain > best.gain)) best = one;
    }
    if (best === undefined || oldest === undefined) return false;
    const full = core.space.segmentBytes;
    const tombstones = core.control[Control.TOMBSTONE_BYTES];
    // With every oldest segment that goes, even an all live one, the tombstones behind it come nearer to where they can be dropped.
    const weigh = tombstones > live * TOMBSTONE_SHARE && tombstones > full / 8 && !damaged.has(oldest.segment);
    if (!weigh && full - best.gain > full * mostKept) return false;
    const victim = weigh ? oldest.segment : best.segment;
    this.begin(victim, this.ruleFor(victim, sealed));
    return true;
  }

  /** Picks the one with the least live bytes, if any of it is unused. */
  private chooseUnused(): boolean {
    const { sealed } = survey(this.core);
    const candidates = sealed.filter(({ segment, live }) => !this.damaged.has(segment) && live <= (this.core.space.segmentBytes * 31) / 32);
    if (candidates.length === 0) return false;
    const { segment } = candidates.reduce((best, one) => (one.live < best.live ? one : best));
    this.begin(segment, this.ruleFor(segment, sealed));
    return true;
  }

  protected ruleFor(segment: number, sealed: readonly Candidate[]): number {
    const base = this.core.segments.double(segment, Entry.BASE_SEQUENCE);
    return sealed.every((other) => other.base >= base) ? Rule.DROP_TOMBSTONES : Rule.KEEP_ALL;
  }

  protected begin(segment: number, rule: number): void {
    const { control } = this;
    control[Control.VICTIM_OFFSET] = 0;
    control[Control.VICTIM_TOMBSTONES] = 0;
    control[Control.VICTIM_RULE] = rule;
    control[Control.VICTIM] = segment;
  }

  /** All segments are gone: `clear` freed them. */
  forget(): void {
    this.active = false;
    this.damaged.clear();
  }

  protected run(records: number): void {
    const { core, reader, control } = this;
    const shift = core.space.locationShift;
    const { victim } = this;
    // What others said is believed only as far as it can be.
    const isLog = victim > 0 && victim < core.space.capacity && !core.space.isTable(victim) && core.segments.word(victim, Entry.KIND) === SegmentKind.LOG;
    if (!isLog || core.log.isOpen(victim) || this.damaged.has(victim)) {
      control[Control.VICTIM] = 0;
      return;
    }
    const length = core.segments.word(victim, Entry.LENGTH);
    const generation = core.segments.word(victim, Entry.GENERATION);
    this.busy = true;
    try {
      for (let left = records; left > 0; left--) {
        const offset = control[Control.VICTIM_OFFSET] & -L.RECORD_ALIGN;
        if (!(offset >= 0 && offset < length)) {
          this.finish();
          return;
        }
        reader.seek((victim << shift) | (offset >> L.LOCATION_SHIFT));
        reader.assertPlausible();
        const bytes = reader.space16;
        if (reader.isTombstone) {
          this.handleTombstone(reader);
          control[Control.VICTIM_TOMBSTONES] += bytes;
        } else if (core.log.dead.has(victim, generation, offset >> L.LOCATION_SHIFT)) {
          // Known to be replaced: nothing to look up.
        } else if (core.isLatest(reader.tag(this.key), reader.location)) this.handleLatest(reader);
        control[Control.VICTIM_OFFSET] = offset + bytes;
      }
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT')) throw error;
      this.damaged.add(victim);
      control[Control.VICTIM] = 0;
    } finally {
      this.busy = false;
    }
  }

  /** Frees the victim, if all that counted as live in it has gone elsewhere: a record whose key is damaged would not be found in the index. */
  protected finish(): void {
    const { core, writer, victim, control } = this;
    const tombstones = control[Control.VICTIM_TOMBSTONES];
    control[Control.VICTIM] = 0;
    if (core.segments.word(victim, Entry.LIVE) !== tombstones) {
      this.damaged.add(victim);
      return;
    }
    writer.free(victim, tombstones);
    this.cleaned++;
  }

  private handleTombstone(reader: RecordReader): void {
    const { core, writer, key, room } = this;
    reader.assertWhole();
    reader.loadKey(key);
    // With a reader of its own: one that met another key of the same tag would have that one's size.
    const isLatest = core.find(key, this.other) === 0;
    if (!isLatest || this.rule !== Rule.KEEP_ALL) return;
    if (!core.log.fits(reader.space16)) room.openSegment(Keep.FOR_CLEANING);
    writer.relocateTombstone(reader);
  }

  /** The cursor of the index stands on the record's slot. */
  protected handleLatest(reader: RecordReader): void {
    const { core, writer, key, room } = this;
    reader.assertWhole();
    const gone = reader.expiry <= core.environment.now();
    // A rebuild would still meet the record until its segment is freed: harmless for an expired one, but for one whose chain is gone.
    if (gone && this.rule !== Rule.KEEP_ALL && !reader.isChained) {
      writer.drop(reader);
      return;
    }
    const bytes = gone ? spaceFor(contentBytes(reader.keyLength, 0, false)) : reader.space16;
    if (!core.log.fits(bytes)) {
      room.openSegment(Keep.FOR_CLEANING);
      core.isLatest(reader.tag(key), reader.location);
    }
    if (gone) {
      reader.loadKey(key);
      writer.bury(reader, key);
    } else {
      writer.relocate(reader, reader.expiry);
      this.moved++;
    }
  }
}
