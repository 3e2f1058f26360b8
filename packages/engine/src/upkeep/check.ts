// The invariants of FORMAT.md, by number, tested against an open store. Reads everything, changes nothing, trusts no length.

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { chainOf, readChain } from '../log/chain.js';
import { scan } from '../log/log.js';
import type { Engine } from '../store/engine.js';

const { Control, Entry, SegmentKind, Slot } = L;

/** An invariant that does not hold. */
export interface Finding {
  /** Its number in FORMAT.md. */
  invariant: Invariant;
  message: string;
}

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12';

/** More would say nothing new. */
const MOST_FINDINGS = 100;

interface Latest {
  sequence: number;
  location: number;
  tombstone: boolean;
}

export function check(engine: Engine): Finding[] {
  const checker = new Checker(engine);
  try {
    checker.run();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    checker.find('I3', error.message);
  }
  return checker.findings;
}

class Checker {
  readonly findings: Finding[] = [];
  private readonly engine: Engine;
  /** The newest record of each key in the log, by key bytes. */
  private readonly latest = new Map<string, Latest>();
  /** By segment: bytes of tombstones, and of records that the index points at. */
  private readonly tombstones = new Map<number, number>();
  private readonly live = new Map<number, number>();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  find(invariant: Invariant, message: string): void {
    if (this.findings.length < MOST_FINDINGS) this.findings.push({ invariant, message });
  }

  run(): void {
    const { control, index } = this.engine.core;
    if (!index.isFresh) index.locate();
    if (control[Control.INTENT] !== 0) this.find('I1', `an operation of kind ${control[Control.INTENT]} is armed between operations`);
    this.checkTable();
    this.checkLog();
    this.checkIndex();
    this.checkCounters();
    this.checkChains();
  }

  /** I2, I10, I11: kinds and lengths, the durable slots, and the reuse gate. */
  private checkTable(): void {
    const { core } = this.engine;
    const { segments, space, control } = core;
    core.refreshSuperblock();
    space.follow();
    if (!segments.isFresh) segments.refresh();
    const { superblock } = core;
    const durable = space.controlDoubles[Control.DURABLE_FLUSH >> 1];
    let sum = 0;
    let free = 0;
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      const { kind, generation, length } = segments.capture(segment);
      if (!(kind >= SegmentKind.FREE && kind <= SegmentKind.CHAIN)) this.find('I2', `segment ${segment} is of unknown kind ${kind}`);
      if (!(length >= 0 && length <= space.segmentBytes)) this.find('I2', `segment ${segment} has ${length} bytes in use`);
      if (kind === SegmentKind.FREE) free++;
      const state = segments.durable(segment, durable);
      sum = (sum + state.checksum) | 0;
      const holds = state.kind === SegmentKind.LOG || state.kind === SegmentKind.CHAIN;
      if (holds && kind !== SegmentKind.FREE && state.generation !== generation) {
        this.find('I11', `segment ${segment} was reused while flush ${durable} relies on it`);
      }
      if (holds && kind === state.kind && state.generation === generation && length < state.length) {
        this.find('I11', `segment ${segment} is shorter than flush ${durable} says`);
      }
    }
    // While a flush is under way the superblock may be ahead of what counts as durable.
    if (superblock.flush === durable && sum !== superblock.tableSum) this.find('I10', 'the durable slots do not sum up to what the superblock says');
    if (free !== segments.free + segments.pending) this.find('I2', `${free} segments are free, ${segments.free + segments.pending} are listed`);
    if (control[Control.CAPACITY] !== space.capacity) this.find('I2', `the control block counts ${control[Control.CAPACITY]} segments of ${space.capacity}`);
  }

  /** I3: every record in the log is whole, of its segment's generation, in rising order, not older than its segment's allocation. */
  private checkLog(): void {
    const { core } = this.engine;
    const { segments, space } = core;
    const record = core.newReader();
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      const { kind, generation, length, baseSequence } = segments.capture(segment);
      if (kind !== SegmentKind.LOG) continue;
      let before = baseSequence - 1;
      const end = scan(record, segment, space.locationShift, 0, length, (location) => {
        if (!record.isWhole()) this.find('I3', `the record at ${location >>> 0} does not match its checksum`);
        if (record.generation !== generation) this.find('I3', `the record at ${location >>> 0} is of another generation`);
        if (record.sequence <= before) this.find('I3', `the record at ${location >>> 0} is older than the one before it`);
        before = record.sequence;
        const { isTombstone } = record;
        if (isTombstone) this.tombstones.set(segment, (this.tombstones.get(segment) ?? 0) + record.space16);
        const key = this.keyOf(record.region.bytes, record.keyStart, record.keyLength, record.utf16Key);
        const known = this.latest.get(key);
        if (known === undefined || known.sequence < before) this.latest.set(key, { sequence: before, location, tombstone: isTombstone });
      });
      if (end !== length) this.find('I3', `there is no whole record at byte ${end} of segment ${segment}, which has ${length}`);
      if (before >= space.controlDoubles[Control.NEXT_SEQUENCE >> 1]) this.find('I3', `segment ${segment} holds a record from the future`);
    }
  }

  private keyOf(bytes: Buffer, start: number, length: number, utf16: boolean): string {
    return (utf16 ? 'w' : 'n') + bytes.toString('latin1', start, start + length);
  }

  /** I4, I5, I6: the index points at the latest record of each key, once, in its bucket, and at nothing else. */
  private checkIndex(): void {
    const { core } = this.engine;
    const { index, segments } = core;
    const record = core.newReader();
    const key = core.newKey();
    let count = 0;
    for (let bucket = 0; bucket < index.buckets; bucket++) {
      if (!index.beginRead(bucket << 2)) this.find('I1', `bucket ${bucket} is marked as being changed between operations`);
      index.walk(bucket, (words, at) => {
        const location = words[at + 1];
        count++;
        record.seek(location);
        const { segment } = record;
        if (segments.word(segment, Entry.KIND) !== SegmentKind.LOG || record.offset >= segments.word(segment, Entry.LENGTH) || !record.isPlausible()) {
          this.find('I4', `bucket ${bucket} points at ${location >>> 0}, where no record is`);
          return;
        }
        record.loadKey(key);
        if ((words[at] & L.TAG_MASK) !== key.tag) this.find('I4', `bucket ${bucket} has a tag that is not the hash of the key at ${location >>> 0}`);
        if (index.address(words[at], index.buckets) !== bucket) this.find('I4', `the key at ${location >>> 0} does not belong in bucket ${bucket}`);
        const name = this.keyOf(record.region.bytes, record.keyStart, record.keyLength, record.utf16Key);
        const latest = this.latest.get(name);
        if (latest?.location !== location)
          this.find('I5', `bucket ${bucket} points at ${location >>> 0}, which is not the latest of its key (or is there twice)`);
        // What is left at the end was not in the index.
        this.latest.delete(name);
        this.live.set(segment, (this.live.get(segment) ?? 0) + record.space16);
      });
    }
    // A cache forgets, and what it forgets can come back from nothing: no recovery reads its log.
    if (core.isCache) this.latest.clear();
    for (const { location, tombstone } of this.latest.values()) {
      if (!tombstone && !this.mayBeMissing(location)) this.find('I5', `the record at ${location >>> 0} is the latest of its key, and not in the index`);
    }
    if (count !== core.count) this.find('I6', `the index has ${count} entries, the count is ${core.count}`);
  }

  /** An expired record may leave the index with no tombstone, where no older segment could bring it back. The clock may have been set back since. */
  private mayBeMissing(location: number): boolean {
    const { core } = this.engine;
    const record = core.newReader();
    record.seek(location);
    return record.expiry <= core.environment.now() || (record.expiry !== Number.POSITIVE_INFINITY && record.segment === this.oldest());
  }

  private oldest(): number {
    const { segments, space } = this.engine.core;
    let oldest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      const { kind, baseSequence } = segments.capture(segment);
      if (kind !== SegmentKind.LOG || baseSequence >= least) continue;
      oldest = segment;
      least = baseSequence;
    }
    return oldest;
  }

  /** I7, I8: live bytes of each segment, and tombstones of all, are what the log says. */
  private checkCounters(): void {
    const { segments, space, control } = this.engine.core;
    let tombstones = 0;
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment) || segments.word(segment, Entry.KIND) !== SegmentKind.LOG) continue;
      const own = this.tombstones.get(segment) ?? 0;
      tombstones += own;
      const expected = own + (this.live.get(segment) ?? 0);
      const counted = segments.word(segment, Entry.LIVE);
      if (counted !== expected) this.find('I7', `segment ${segment} counts ${counted} live bytes and has ${expected}`);
    }
    const counted = control[Control.TOMBSTONE_BYTES];
    if (counted !== tombstones) this.find('I8', `${counted} bytes of tombstones are counted, there are ${tombstones}`);
  }

  /** I9, I12: every chain belongs to one live record, is whole, and no slot is newer than the newest flush. */
  private checkChains(): void {
    const { core } = this.engine;
    const { index, segments, space } = core;
    const owners = new Map<number, number>();
    const record = core.newReader();
    for (let bucket = 0; bucket < index.buckets; bucket++) {
      index.walk(bucket, (words, at) => {
        record.seek(words[at + 1]);
        if (!record.isPlausible() || !record.isChained) return;
        try {
          for (const segment of chainOf(segments, record)) {
            if (owners.has(segment)) this.find('I9', `segment ${segment} is in two chains`);
            owners.set(segment, record.location);
          }
          readChain(segments, record);
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          this.find('I9', error.message);
        }
      });
    }
    const last = space.controlDoubles[Control.LAST_FLUSH >> 1];
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      if (segments.word(segment, Entry.KIND) === SegmentKind.CHAIN && !owners.has(segment)) this.find('I9', `chain segment ${segment} belongs to no record`);
      for (const slot of [Entry.SLOT_0, Entry.SLOT_1]) {
        const flush = segments.double(segment, slot + Slot.FLUSH);
        if (!(flush >= 0 && flush <= last)) this.find('I12', `segment ${segment} has a slot of flush ${flush}, after the newest, ${last}`);
      }
    }
  }
}
