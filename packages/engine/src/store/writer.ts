// How one record takes effect: a value, a tombstone, or a copy that cleaning makes. Batches are in batch.ts, what a death left half done in repair.ts.

import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { chainSegments, writeChain } from '../log/chain.js';
import { EncodedValue, toBytes } from '../log/codec.js';
import { contentBytes, type RecordReader, spaceFor } from '../log/record.js';
import type { Room } from '../upkeep/room.js';
import type { Core } from './core.js';
import { Steps } from './steps.js';

const { ChainRef, Entry, Flag, Intent } = L;
export const NEVER = Number.POSITIVE_INFINITY;
export const TOMBSTONE_VALUE = new EncodedValue();

export class Writer {
  private readonly core: Core;
  private readonly room: Room;
  readonly steps: Steps;

  constructor(core: Core, room: Room) {
    this.core = core;
    this.room = room;
    this.steps = new Steps(core);
  }

  /** Stores a value under the core's key. `expiry` is absolute, Infinity for none. */
  put(value: EncodedValue, flags: number, expiry: number): void {
    const { core, room } = this;
    const { key, index, log, reader } = core;
    const expires = expiry !== NEVER;
    let payload = value.length;
    let stored = value;
    if (contentBytes(key.length, payload, expires) > core.space.segmentBytes) {
      stored = this.chain(value);
      flags |= Flag.CHAINED;
      payload = ChainRef.WORDS * 4;
    }
    const bytes = spaceFor(contentBytes(key.length, payload, expires));
    // Room first: it may clean, and cleaning moves records and the cursor.
    if (!log.fits(bytes)) room.openSegment(false);
    if (index.isCrowded(core.count + 1)) room.split();
    let old = core.find(key, reader) === 0 ? null : reader;
    if (old === null && !index.reserve()) {
      index.addOverflow();
      old = core.find(key, reader) === 0 ? null : reader;
      if (old === null) index.reserve();
    }
    const location = log.write(key, stored, payload, flags, expiry);
    if (stored !== value) this.ownChain(stored, location);
    this.begin(location, bytes, old === null ? 1 : 0, 0, old, true);
    if (expires) log.noteExpiry(location, expiry, bytes);
    if (old === null) index.fill(location);
    else index.replace(location);
    this.end();
  }

  /** Deletes the core's key; whether it was there, expired or not. */
  remove(): boolean {
    const { core, room } = this;
    const { key, index, log, reader } = core;
    if (core.find(key, reader) === 0) return false;
    const bytes = spaceFor(contentBytes(key.length, 0, false));
    if (!log.fits(bytes)) {
      room.openSegment(true);
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
    if (!log.fits(reader.space16 + L.RECORD_ALIGN)) {
      room.openSegment(false);
      if (core.find(key, reader) === 0) return false;
    }
    this.relocate(reader, expiry);
    return true;
  }

  /** Copies the record under `reader` to the end of the log, where it must fit. The index points at it, and its cursor stands there. */
  relocate(reader: RecordReader, expiry: number): void {
    const { core } = this;
    const location = core.log.copy(reader, expiry);
    const bytes = spaceFor(contentBytes(reader.keyLength, reader.payloadLength, expiry !== NEVER));
    if (reader.isChained) core.segments.setWord(reader.chainWord(ChainRef.SEGMENT), Entry.EXPIRING, location);
    this.begin(location, bytes, 0, 0, reader, false);
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

  /** Drops an expired record that no older one could bring back. The index points at it, and its cursor stands there. */
  drop(reader: RecordReader): void {
    const { steps, core } = this;
    steps.fill(0, 0, 0, -1, 0, true, reader);
    steps.arm(Intent.DROP, reader.location, 1, 0);
    core.index.remove();
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

  /** Puts a large value into a chain, and returns what the record holds in its place. */
  chain(value: EncodedValue): EncodedValue {
    const { core, room } = this;
    const bytes = toBytes(value);
    room.makeFree(chainSegments(core.segments, bytes.length) + 1, false);
    const reference = new EncodedValue();
    reference.kind = value.kind;
    reference.length = bytes.length;
    reference.bytes = writeChain(core.segments, bytes);
    return reference;
  }

  /** Notes in a chain's first segment whose it is: a chain without a record is freed at the next opening. */
  ownChain(reference: EncodedValue, location: number): void {
    const bytes = reference.bytes as Uint8Array;
    this.core.segments.setWord(new Int32Array(bytes.buffer, bytes.byteOffset, ChainRef.WORDS)[ChainRef.SEGMENT], Entry.EXPIRING, location);
  }
}
