// How records that are already in the log take effect, one after the other: the second half of a batch, and what repair does after a death.

import { openWord } from '../file/segments.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { chainHeadOf } from '../log/chain.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from './core.js';
import type { Steps } from './steps.js';

const { Control, Entry, Intent } = L;

export class Applier {
  private readonly core: Core;
  private readonly steps: Steps;
  private readonly key: KeyBuffer;
  private readonly record: RecordReader;
  private readonly old: RecordReader;

  constructor(core: Core, steps: Steps) {
    this.core = core;
    this.steps = steps;
    this.key = core.newKey();
    this.record = core.newReader();
    this.old = core.newReader();
  }

  /** Prepares step `step`: the counters as they will be when the record at `location` has taken effect. */
  prepare(step: number, location: number): void {
    const { record } = this;
    const found = this.lookUp(location);
    const { isTombstone } = record;
    const more = isTombstone ? (found ? -1 : 0) : found ? 0 : 1;
    const bytes = record.space16;
    this.steps.fill(step, location, bytes, more, isTombstone ? bytes : 0, true, found ? this.old : null);
  }

  /** Lets the record of a step that `prepare` filled take effect. */
  perform(step: number, location: number): void {
    this.point(location);
    this.steps.settle(step);
  }

  /** Lets the index say what the record says. The same again changes nothing. */
  private point(location: number): void {
    const { core, record } = this;
    const { index } = core;
    const found = this.lookUp(location);
    if (record.isTombstone) {
      if (found) index.remove();
    } else if (found) index.replace(location);
    else {
      if (!index.reserve()) {
        index.addOverflow();
        this.lookUp(location);
        index.reserve();
      }
      index.fill(location);
    }
    if (!record.isTombstone && record.isChained) core.segments.setWord(chainHeadOf(core.segments, record), Entry.EXPIRING, location);
    if (!record.isTombstone && record.expiry !== Number.POSITIVE_INFINITY) core.log.noteExpiry(location, record.expiry, record.space16);
  }

  private lookUp(location: number): boolean {
    const { core, record, key, old } = this;
    record.seek(location);
    record.assertPlausible();
    record.loadKey(key);
    return core.find(key, old) !== 0;
  }

  /** Finishes the operation that a death, or an exception, left half done. */
  repair(): void {
    const { core, steps } = this;
    const { control } = core;
    const kind = control[Control.INTENT];
    if (kind === Intent.NONE) return;
    if (kind === Intent.APPLY) this.finishRecords();
    else if (kind === Intent.SPLIT) core.index.purge(control[Control.INTENT_LOCATION]);
    else if (kind === Intent.CLEAR) clearAll(core);
    else if (kind === Intent.DROP) {
      this.record.seek(control[Control.INTENT_LOCATION]);
      this.lookUp(control[Control.INTENT_LOCATION]);
      if (core.isLatest(this.key.tag, control[Control.INTENT_LOCATION])) core.index.remove();
      core.index.closeBucket(this.key.tag);
      steps.settleFound(0);
    } else if (kind === Intent.FREE) {
      const segment = control[Control.INTENT_LOCATION] >>> core.space.locationShift;
      if (core.segments.word(segment, Entry.KIND) === L.SegmentKind.LOG) core.segments.release(segment);
      steps.settleFound(0);
    } else throw this.record.damaged(`the operation under way is of unknown kind ${kind}`);
    steps.disarm();
    core.openers.count(L.Opener.REPAIRS);
  }

  private finishRecords(): void {
    const { core, record } = this;
    const { control, log } = core;
    const first = control[Control.INTENT_LOCATION];
    const count = control[Control.INTENT_COUNT];
    const progress = control[Control.PROGRESS];
    if (!(progress >= 0 && progress < count)) throw record.damaged(`the operation under way is at record ${progress} of ${count}`);
    const sequence = core.space.controlDoubles[Control.INTENT_SEQUENCE >> 1];
    const locations = this.walk(first, count, sequence);
    // Publish, as the log would have: each segment's length is the end of its last record.
    for (const location of locations) {
      record.seek(location);
      record.assertPlausible();
      const end = record.offset + record.space16;
      if (core.segments.word(record.segment, Entry.LENGTH) < end) core.segments.setWord(record.segment, Entry.LENGTH, end);
    }
    const { segment } = record;
    control[openWord(control[Control.POINT] & (L.POINTS - 1))] = segment;
    log.sequence = Math.max(log.sequence, sequence + count);
    core.space.controlDoubles[Control.NEXT_SEQUENCE >> 1] = log.sequence;
    log.resume(segment, core.segments.word(segment, Entry.LENGTH));
    this.point(locations[progress]);
    this.steps.settleFound(progress);
    for (let step = progress + 1; step < count; step++) {
      this.prepare(step, locations[step]);
      this.perform(step, locations[step]);
    }
    this.closeBuckets(locations);
  }

  /** Hides the buckets of these records from readers, who thus see all of them take effect, or none. */
  openBuckets(locations: readonly number[]): void {
    for (const location of locations) this.core.index.openBucket(this.tagAt(location));
  }

  closeBuckets(locations: readonly number[]): void {
    for (const location of locations) this.core.index.closeBucket(this.tagAt(location));
  }

  private tagAt(location: number): number {
    const { record, key } = this;
    record.seek(location);
    record.assertPlausible();
    return record.tag(key);
  }

  /** Where the `count` records from `sequence` on lie: next to each other, or at the start of the segment that begins with that number. */
  private walk(first: number, count: number, sequence: number): number[] {
    const { core, record } = this;
    const { space, segments } = core;
    const locations: number[] = [];
    let location = first;
    for (let i = 0; i < count; i++) {
      const isThere = () => {
        record.seek(location);
        return record.isPlausible() && record.sequence === sequence + i && record.generation === segments.word(record.segment, Entry.GENERATION);
      };
      if (location >>> space.locationShift >= space.capacity || !isThere()) {
        location = this.segmentFrom(sequence + i);
        if (location === 0 || !isThere()) throw record.damaged(`record ${i} of ${count} of the operation under way is not there`);
      }
      locations.push(location);
      location = record.location + (record.space16 >> L.LOCATION_SHIFT);
    }
    return locations;
  }

  /** The location of the start of the log segment whose first record has this sequence number; 0 if there is none. */
  private segmentFrom(sequence: number): number {
    const { space, segments } = this.core;
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment) || segments.word(segment, Entry.KIND) !== L.SegmentKind.LOG) continue;
      if (segments.double(segment, Entry.BASE_SEQUENCE) === sequence) return segment << space.locationShift;
    }
    return 0;
  }
}

/** Empties the store. The same again changes nothing. */
export function clearAll(core: Core): void {
  const { control, segments, space, index, log } = core;
  log.resume(0, 0);
  const old = index.clear();
  control[Control.COUNT] = 0;
  control[Control.TOMBSTONE_BYTES] = 0;
  control[Control.VICTIM] = 0;
  for (const segment of old) segments.release(segment);
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const kind = segments.word(segment, Entry.KIND);
    if (kind === L.SegmentKind.LOG || kind === L.SegmentKind.CHAIN) segments.release(segment);
  }
  index.cleared();
}
