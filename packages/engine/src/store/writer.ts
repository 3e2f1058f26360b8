// How one record takes effect: a value, a tombstone, or a copy that cleaning makes. Batches are in batch.ts, what a death left half done in apply.ts.

import { rangeError } from '../errors.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { chainHeadOf, chainSegments, releaseChain, writeChain } from '../log/chain.js';
import { EncodedValue, toBytes } from '../log/codec.js';
import { GhostClock } from '../log/ghost-clock.js';
import { Placement } from '../log/placement.js';
import { contentBytes, type RecordReader, spaceFor } from '../log/record.js';
import { Keep, type Room } from '../upkeep/room.js';
import type { Core } from './core.js';
import { Steps } from './steps.js';

const { ChainRef, Control, Entry, Flag, Intent } = L;
export const NEVER = Number.POSITIVE_INFINITY;
export const TOMBSTONE_VALUE = new EncodedValue();

export class Writer {
  private readonly core: Core;
  private readonly room: Room;
  readonly steps: Steps;
  readonly placement: Placement;
  private readonly ghosts: GhostClock;

  constructor(core: Core, room: Room) {
    this.core = core;
    this.room = room;
    this.steps = new Steps(core);
    this.placement = new Placement(core.segments, core.log);
    this.ghosts = new GhostClock(core.space);
  }

  /** Stores a value under the core's key. `expiry` is absolute, Infinity for none. */
  put(value: EncodedValue, flags: number, expiry: number): void {
    if (this.mustChain(this.core.key.length, value.length)) this.putChained(value, flags, expiry);
    else this.putRecord(value, value.length, flags, expiry);
  }

  /** Whether a value needs a chain: its record must fit into a segment, also when `touch` gives it an expiry. Throws `ERR_KEY_INVALID` or `ERR_VALUE_TOO_LARGE` for what fits nowhere. */
  mustChain(keyLength: number, valueLength: number): boolean {
    const { core, room } = this;
    const { segmentBytes } = core.space;
    if (contentBytes(keyLength, valueLength, true) <= segmentBytes) return false;
    const most = segmentBytes - contentBytes(0, ChainRef.WORDS * 4, true);
    if (keyLength > most) throw rangeError('ERR_KEY_INVALID', `a key has at most ${most} bytes in segments of ${segmentBytes}: choose a larger segmentSize`);
    // An index segment, the open log segment and the next one, and what is kept.
    if (chainSegments(core.segments, valueLength) > room.most - 5) {
      throw rangeError(
        'ERR_VALUE_TOO_LARGE',
        `a value of ${valueLength} bytes is over what a ${room.bound} can ever hold: split it, or open with a larger maxSize`,
      );
    }
    return true;
  }

  private putChained(value: EncodedValue, flags: number, expiry: number): void {
    const { core } = this;
    const reference = this.chain(value);
    try {
      this.putRecord(reference, ChainRef.WORDS * 4, flags | Flag.CHAINED, expiry);
    } catch (error) {
      if (core.control[Control.INTENT] === Intent.NONE) releaseChain(core.segments, chainHead(reference));
      throw error;
    }
  }

  private putRecord(value: EncodedValue, payload: number, flags: number, expiry: number): void {
    const { core, room } = this;
    const { key, index, log, reader } = core;
    const expires = expiry !== NEVER;
    const bytes = spaceFor(contentBytes(key.length, payload, expires));
    // Room first: it may clean, and cleaning moves records and the cursor. The log's last: cleaning for the index fills it.
    if (index.isCrowded(core.count + 1)) room.split();
    if (core.isCache) this.place(expiry);
    if (!log.fits(bytes) || !room.isKept) room.fit(bytes, this.keepFor(bytes));
    let old = core.find(key, reader) === 0 ? null : reader;
    if (old === null && core.isCache && index.recall(this.ghosts.clock)) this.ghosts.giveBack(bytes + value.length - payload);
    if (old === null && !index.reserve()) {
      index.addOverflow();
      this.placement.again();
      if (!log.fits(bytes) || !room.isKept) room.fit(bytes, this.keepFor(bytes));
      old = core.find(key, reader) === 0 ? null : reader;
      if (old === null) index.reserve();
    }
    const location = log.write(key, value, payload, flags, expiry);
    if ((flags & Flag.CHAINED) !== 0) core.segments.setWord(chainHead(value), Entry.EXPIRING, location);
    this.begin(location, bytes, old === null ? 1 : 0, 0, old, true);
    if (expires) log.noteExpiry(location, expiry, bytes);
    if (old === null) index.fill(location);
    else index.replace(location);
    this.end();
  }

  /** In a cache, a key that was evicted of late goes to the main queue, and one that is there stays in its queue; where there are too many entries, others go. */
  private place(expiry: number): void {
    const { core, room, placement } = this;
    const { key, index, reader } = core;
    let isMain: boolean;
    if (core.find(key, reader) === 0) {
      isMain = index.recall(this.ghosts.clock) || placement.isFilling();
      room.cleaner.limitEntries(1);
    } else isMain = placement.isMain(reader.segment);
    placement.choose(isMain, expiry === NEVER ? NEVER : expiry - core.environment.now());
  }

  /** What must stay free beside a segment for this record. Like a delete, an overwrite that frees more than it takes works in a full store. */
  private keepFor(bytes: number): number {
    const { key, reader } = this.core;
    const frees = this.core.find(key, reader) !== 0 && (reader.isChained || bytes < reader.space16);
    return frees ? Keep.FOR_DELETES : Keep.FOR_WRITES;
  }

  /** Deletes the core's key; whether it was there, expired or not. */
  remove(): boolean {
    const { core, room } = this;
    const { key, index, log, reader } = core;
    if (core.find(key, reader) === 0) return false;
    if (core.isCache) {
      this.drop(reader);
      return true;
    }
    const bytes = spaceFor(contentBytes(key.length, 0, false));
    if (!log.fits(bytes)) {
      room.openSegment(Keep.FOR_DELETES);
      if (core.find(key, reader) === 0) return true;
    }
    const location = log.write(key, TOMBSTONE_VALUE, 0, 0, NEVER);
    this.begin(location, bytes, -1, bytes, reader, true);
    index.remove();
    this.end();
    return true;
  }

  /** Gives the core's key another expiry; whether it was there. The value is copied: a record never changes. */
  touch(expiry: number): boolean {
    const { core, room } = this;
    const { key, log, reader } = core;
    if (core.find(key, reader) === 0) return false;
    if (core.isCache) this.placement.choose(this.placement.isMain(reader.segment), expiry - core.environment.now());
    const most = reader.space16 + L.RECORD_ALIGN;
    if (!log.fits(most) || !room.isKept) {
      room.fit(most, Keep.FOR_WRITES);
      if (core.find(key, reader) === 0) return false;
    }
    this.relocate(reader, expiry);
    return true;
  }

  /** Copies the record under `reader` to the end of the log, where it must fit. The index points at it, and its cursor stands there. */
  relocate(reader: RecordReader, expiry: number): void {
    const { core } = this;
    const chain = reader.isChained ? chainHeadOf(core.segments, reader) : 0;
    const location = core.log.copy(reader, expiry);
    const bytes = spaceFor(contentBytes(reader.keyLength, reader.payloadLength, expiry !== NEVER));
    this.begin(location, bytes, 0, 0, reader, false);
    // A chain names its record, and is freed at the next opening if that is not so. Only now: until here the old record is the one that counts.
    if (chain !== 0) core.segments.setWord(chain, Entry.EXPIRING, location);
    if (expiry !== NEVER) core.log.noteExpiry(location, expiry, bytes);
    core.index.replace(location);
    this.end();
  }

  /** Copies a tombstone to the end of the log, where it must fit. The old one counts until its segment is freed. */
  relocateTombstone(reader: RecordReader): void {
    const bytes = reader.space16;
    const location = this.core.log.copy(reader, NEVER);
    this.begin(location, bytes, 0, bytes, null, false);
    this.end();
  }

  /** Replaces an expired record by a tombstone, which must fit. The index points at the record, and its cursor stands there. */
  bury(reader: RecordReader, key: KeyBuffer): void {
    const { log, index } = this.core;
    const bytes = spaceFor(contentBytes(key.length, 0, false));
    const location = log.write(key, TOMBSTONE_VALUE, 0, 0, NEVER);
    this.begin(location, bytes, -1, bytes, reader, true);
    index.remove();
    this.end();
  }

  /** Drops a record that no older one could bring back. The index points at it, and its cursor stands there. */
  drop(reader: RecordReader): void {
    this.beginDrop(reader);
    this.core.index.remove();
    this.end();
  }

  /** The same for one that a cache has no space for: its key is remembered. */
  evict(reader: RecordReader): void {
    this.beginDrop(reader);
    this.core.index.leaveGhost(this.ghosts.clock);
    this.end();
    this.ghosts.add(reader.allBytes);
  }

  private beginDrop(reader: RecordReader): void {
    const { steps } = this;
    steps.fill(0, 0, 0, -1, 0, true, reader);
    steps.arm(Intent.DROP, reader.location, 1, 0);
  }

  /** Frees a log segment from which all that is live has gone; with it go `tombstones` bytes of them. */
  free(segment: number, tombstones: number): void {
    const { steps, core } = this;
    steps.fill(0, 0, 0, 0, -tombstones, false, null);
    steps.arm(Intent.FREE, segment << core.space.locationShift, 1, 0);
    core.segments.release(segment);
    this.end();
  }

  private begin(location: number, bytes: number, more: number, tombstones: number, old: RecordReader | null, freesChain: boolean): void {
    const { steps, core } = this;
    steps.fill(0, location, bytes, more, tombstones, freesChain, old);
    steps.arm(Intent.APPLY, location, 1, core.log.sequence - 1);
    core.log.publish();
  }

  private end(): void {
    this.steps.settle(0);
    this.steps.disarm();
  }

  /** Gives back what the index of a cache took for more entries than there are now: none at all. Whether it was anything. */
  private shrinkIndex(): boolean {
    const { core, steps } = this;
    const { index, segments } = core;
    if (!core.isCache || core.count > 0 || index.ownSegments.length <= 1) return false;
    steps.arm(Intent.CLEAR, 0, 0, 0);
    for (const segment of index.clear()) segments.release(segment);
    index.cleared();
    steps.disarm();
    return true;
  }

  /** Puts a large value into a chain, and returns what the record holds in its place. */
  chain(value: EncodedValue): EncodedValue {
    const { core, room } = this;
    const count = chainSegments(core.segments, value.length);
    const bytes = toBytes(value);
    try {
      room.makeFree(count + 1, Keep.FOR_WRITES);
    } catch (error) {
      if (!this.shrinkIndex()) throw error;
      room.makeFree(count + 1, Keep.FOR_WRITES);
    }
    const reference = new EncodedValue();
    reference.kind = value.kind;
    reference.length = bytes.length;
    reference.bytes = writeChain(core.segments, bytes);
    return reference;
  }
}

/** The first segment of the chain that a reference names. */
export function chainHead(reference: EncodedValue): number {
  const bytes = reference.bytes as Uint8Array;
  return new Int32Array(bytes.buffer, bytes.byteOffset, ChainRef.WORDS)[ChainRef.SEGMENT];
}
