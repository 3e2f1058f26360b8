// One open file, shared by all handles on it in this thread: every operation of a store, on checked arguments.
// Not here: argument checks and defaults (store.ts), how bytes lie (log, hash-index), when space is made (upkeep).

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { readChain } from '../log/chain.js';
import { decodeValue, EncodedValue, encodeValue, type RawBuffer, ValueKind } from '../log/codec.js';
import type { RecordReader } from '../log/record.js';
import { Cleaner } from '../upkeep/cleaner.js';
import { Flusher } from '../upkeep/flush.js';
import { Room } from '../upkeep/room.js';
import { closeCleanly, markUnclean } from '../upkeep/session.js';
import { Applier, clearAll } from './apply.js';
import { Batch, type BatchItem } from './batch.js';
import type { Core } from './core.js';
import type { Recovery } from './opening.js';
import type { FlushPolicy, Settings } from './options.js';
import { Writer } from './writer.js';

const { Control, Flag, Intent } = L;
const PLAIN = (15 << L.KIND_SHIFT) | Flag.EXPIRES | Flag.CHAINED;

export class Engine {
  readonly core: Core;
  readonly flusher: Flusher;
  readonly room: Room;
  readonly writer: Writer;
  readonly applier: Applier;
  readonly cleaner: Cleaner;
  readonly verifyReads: boolean;
  /** Permissions of files made from this one. */
  readonly mode: number;
  private readonly batches: Batch;
  private readonly policy: FlushPolicy;
  private readonly encoded = new EncodedValue();
  private timer: NodeJS.Timeout | undefined;
  /** Something must be looked at before the next write. */
  private guarded = true;
  recovery: Recovery = 'created';
  /** Handles that are open on this engine. */
  handles = 0;

  constructor(core: Core, settings: Settings) {
    this.core = core;
    this.policy = settings.flush;
    this.verifyReads = settings.verifyReads;
    this.mode = settings.mode;
    this.flusher = new Flusher(core);
    this.room = new Room(core, this.flusher);
    this.writer = new Writer(core, this.room);
    this.applier = new Applier(core, this.writer.steps);
    this.cleaner = new Cleaner(core, this.writer, this.room);
    this.room.cleaner = this.cleaner;
    this.batches = new Batch(core, this.room, this.writer, this.applier);
  }

  /** Runs a recovery, during which space is made by growth only. */
  recover(work: () => void): void {
    this.cleaner.busy = true;
    work();
    this.cleaner.busy = false;
  }

  started(recovery: Recovery): this {
    this.recovery = recovery;
    return this;
  }

  // Reads.

  get(key: string): unknown {
    const { core } = this;
    const { reader } = core;
    core.key.load(key);
    if (core.find(core.key, reader) === 0) return undefined;
    // Most values are one-byte strings with no expiry.
    if ((reader.meta & PLAIN) === ValueKind.LATIN1 << L.KIND_SHIFT && !this.verifyReads) {
      const start = reader.payloadStart;
      return (reader.region.bytes as RawBuffer).latin1Slice(start, start + reader.valueLength);
    }
    return this.isExpired(reader) ? undefined : this.valueOf(reader);
  }

  /** Whether the key is there and has not expired; then the core's reader stands on its record. */
  seek(key: string): boolean {
    const { core } = this;
    core.key.load(key);
    return core.find(core.key, core.reader) !== 0 && !this.isExpired(core.reader);
  }

  isExpired(reader: RecordReader): boolean {
    return (reader.meta & Flag.EXPIRES) !== 0 && reader.expiry <= this.core.environment.now();
  }

  /** The value of a record that was found plausible. */
  valueOf(reader: RecordReader): unknown {
    const { kind, meta } = reader;
    // An object's decoder must not meet damaged bytes; and it takes ten times as long as this.
    if (this.verifyReads || kind >= ValueKind.MSGPACK) reader.assertWhole();
    if ((meta & Flag.CHAINED) === 0) {
      const start = reader.payloadStart;
      const end = start + reader.valueLength;
      if (kind === ValueKind.LATIN1) return (reader.region.bytes as RawBuffer).latin1Slice(start, end);
      return this.decode(reader, reader.region.bytes, start, end);
    }
    const value = readChain(this.core.segments, reader);
    return this.decode(reader, value, 0, value.length);
  }

  private decode(reader: RecordReader, bytes: Buffer, start: number, end: number): unknown {
    try {
      return decodeValue(reader.kind, bytes, start, end);
    } catch (cause) {
      const { path } = this.core.space.file;
      throw new StoreError('ERR_STORE_CORRUPT', `${path} is damaged: the value at ${reader.location >>> 0} can't be decoded. Run check()`, { path, cause });
    }
  }

  // Writes.

  set(key: string, value: unknown, flags: number, expiry: number): void {
    const { encoded } = this;
    // First: a getter in the value may use this store, or close it.
    encodeValue(value, encoded);
    this.setEncoded(key, encoded, flags, expiry);
  }

  setEncoded(key: string, value: EncodedValue, flags: number, expiry: number): void {
    this.beforeWrite();
    this.core.key.load(key);
    this.writer.put(value, flags, expiry);
    this.afterWrite();
  }

  /** Deletes a key; whether it was there and had not expired. */
  delete(key: string): boolean {
    this.beforeWrite();
    const { core } = this;
    core.key.load(key);
    if (core.find(core.key, core.reader) === 0) return false;
    const expired = this.isExpired(core.reader);
    this.writer.remove();
    this.afterWrite();
    return !expired;
  }

  touch(key: string, expiry: number): boolean {
    this.beforeWrite();
    if (!this.seek(key)) return false;
    const done = this.writer.touch(expiry);
    this.afterWrite();
    return done;
  }

  /** Runs a batch; for each operation, whether its key was there before. */
  batch(items: readonly BatchItem[]): boolean[] {
    this.beforeWrite();
    const present = this.batches.run(items);
    this.afterWrite();
    return present;
  }

  clear(): number {
    this.beforeWrite();
    const { core } = this;
    const { count } = core;
    this.writer.steps.arm(Intent.CLEAR, 0, 0, 0);
    clearAll(core);
    this.writer.steps.disarm();
    this.cleaner.forget();
    this.afterWrite();
    return count;
  }

  compact(): void {
    this.beforeWrite();
    this.cleaner.cleanAll();
    this.flusher.flushSync();
  }

  private beforeWrite(): void {
    const { control, closed } = this.core;
    // Closed: its memory is gone, and must not be looked at.
    if (closed || this.guarded || (control[Control.INTENT] | control[Control.POISON]) !== 0) this.unguard();
  }

  private unguard(): void {
    const { core } = this;
    core.assertWritable();
    this.applier.repair();
    if (core.superblock.clean) markUnclean(core, this.flusher);
    this.guarded = false;
  }

  private afterWrite(): void {
    if (this.cleaner.active) this.cleaner.step();
    if (this.policy === 'always') this.flusher.flushSync();
    else if (this.timer === undefined && this.policy !== 'manual') this.startTimer(this.policy.every);
  }

  /** One timer after the first unflushed write: an idle store wakes no one, and no timer keeps a process alive. */
  private startTimer(every: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (!this.core.closed) this.flusher.flushSoon();
    }, every);
    this.timer.unref();
  }

  /** Closes the file: cleanly, unless a sync failed. The file is given back even if that throws. */
  close(): void {
    const { core } = this;
    if (core.closed) return;
    clearTimeout(this.timer);
    try {
      if (!core.readOnly && core.control[Control.POISON] === 0) {
        this.applier.repair();
        if (!core.superblock.clean) closeCleanly(core, this.flusher);
      }
    } finally {
      core.closed = true;
      core.space.close();
    }
  }
}
