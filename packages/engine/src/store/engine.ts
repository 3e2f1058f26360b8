// One open file, shared by all handles on it in this thread: every operation of a store, on checked arguments. Each write runs under the writer lock.
// Not here: argument checks and defaults (store.ts), reads (reading.ts), how bytes lie (log, hash-index), when space is made (upkeep).

import * as L from '../layout.js';
import { EncodedValue, encodeValue } from '../log/codec.js';
import { repairAll } from '../upkeep/adopt.js';
import { Cleaner } from '../upkeep/cleaner.js';
import { Evictor } from '../upkeep/evictor.js';
import { Flusher } from '../upkeep/flush.js';
import { Room } from '../upkeep/room.js';
import { leave, markUnclean } from '../upkeep/session.js';
import { Sweeper } from '../upkeep/sweeper.js';
import { Applier, clearAll } from './apply.js';
import { Batch, type BatchItem } from './batch.js';
import type { Core } from './core.js';
import type { Recovery } from './opening.js';
import type { FlushPolicy, Settings } from './options.js';
import { Reading } from './reading.js';
import { Writer } from './writer.js';

const { Control, Intent } = L;

export class Engine {
  readonly core: Core;
  readonly flusher: Flusher;
  readonly room: Room;
  readonly writer: Writer;
  readonly applier: Applier;
  readonly cleaner: Cleaner;
  /** Of a cache. */
  readonly evictor: Evictor | undefined;
  private readonly sweeper: Sweeper | undefined;
  readonly reading: Reading;
  /** Permissions of files made from this one. */
  readonly mode: number;
  private readonly batches: Batch;
  private readonly policy: FlushPolicy;
  private readonly encoded = new EncodedValue();
  private timer: NodeJS.Timeout | undefined;
  private watcher: NodeJS.Timeout | undefined;
  /** What the watcher saw unflushed, NaN if nothing. */
  private seen = Number.NaN;
  /** Something must be looked at before the next write. */
  private guarded = true;
  recovery: Recovery = 'created';
  /** Handles that are open on this engine. */
  handles = 0;

  constructor(core: Core, settings: Settings) {
    this.core = core;
    this.policy = settings.flush;
    this.mode = settings.mode;
    this.reading = new Reading(core, settings.verifyReads, (work) => this.locked(work));
    this.flusher = new Flusher(core);
    this.room = new Room(core, this.flusher);
    this.writer = new Writer(core, this.room);
    this.applier = new Applier(core, this.writer.steps);
    const { cache } = settings;
    if (core.isCache) {
      this.evictor = new Evictor(core, this.writer, this.room, cache?.maxEntries ?? Number.POSITIVE_INFINITY, cache?.onEvict);
      this.sweeper = new Sweeper(core, this.evictor, cache?.sweepInterval ?? 0, (work) => this.write(work));
    }
    this.cleaner = this.evictor ?? new Cleaner(core, this.writer, this.room);
    this.room.cleaner = this.cleaner;
    this.batches = new Batch(core, this.room, this.writer, this.applier);
    core.lock.afterDeath = () => this.recover(() => repairAll(core, this.applier));
  }

  /** Runs a recovery, or a repair, during which no space is made by cleaning: that would use the intent record. */
  recover(work: () => void): void {
    this.cleaner.busy = true;
    try {
      work();
    } finally {
      this.cleaner.busy = false;
    }
  }

  started(recovery: Recovery): this {
    this.recovery = recovery;
    const { core, policy } = this;
    if (this.sweeper !== undefined && !core.readOnly) this.sweeper.start();
    if (core.alone || core.readOnly || typeof policy === 'string') return this;
    this.watcher = setInterval(() => this.watch(), policy.every);
    this.watcher.unref();
    return this;
  }

  /** Flushes what another opener wrote, and, since it is still there an interval later, died before flushing. */
  private watch(): void {
    const { core, flusher } = this;
    if (core.closed) return;
    const now = core.space.controlDoubles[Control.FLUSHED_SEQUENCE >> 1];
    if (!flusher.isBehind) this.seen = Number.NaN;
    else if (this.seen !== now) this.seen = now;
    // Who wrote last flushes by itself as long as it lives; and a large flush takes longer than an interval.
    else if (!core.openers.isOther(core.control[Control.LAST_WRITER]) && !core.flushLock.isTaken) flusher.flushSoon();
  }

  set(key: string, value: unknown, flags: number, expiry: number): void {
    const { encoded } = this;
    // First: a getter in the value may use this store, or close it.
    encodeValue(value, encoded);
    this.setEncoded(key, encoded, flags, expiry);
  }

  setEncoded(key: string, value: EncodedValue, flags: number, expiry: number): void {
    const { core } = this;
    this.begin();
    try {
      core.key.load(key);
      this.writer.put(value, flags, expiry);
      if (this.cleaner.active) this.cleaner.step();
    } finally {
      core.lock.release();
    }
    this.written();
  }

  /** Deletes a key; whether it was there. */
  delete(key: string): boolean {
    const { core, cleaner } = this;
    this.begin();
    let expired: boolean;
    try {
      core.key.load(key);
      if (core.find(core.key, core.reader) === 0) return false;
      expired = this.reading.isExpired(core.reader);
      this.writer.remove();
      if (cleaner.active) cleaner.step();
    } finally {
      core.lock.release();
    }
    this.written();
    return !expired;
  }

  touch(key: string, expiry: number): boolean {
    const { core } = this;
    return this.write(() => {
      core.key.load(key);
      if (core.find(core.key, core.reader) === 0 || this.reading.isExpired(core.reader)) return false;
      return this.writer.touch(expiry);
    });
  }

  /** Stores a value, or with `undefined` deletes, if `isStill` says under the lock that nothing has changed; whether it did. */
  replace(key: string, value: EncodedValue | undefined, flags: number, expiry: number, isStill: () => boolean): boolean {
    const { core, writer } = this;
    return this.write(() => {
      if (!isStill()) return false;
      core.key.load(key);
      if (value === undefined) writer.remove();
      else writer.put(value, flags, expiry);
      return true;
    });
  }

  /** Runs a batch; for each operation, whether its key was there before. */
  batch(items: readonly BatchItem[]): boolean[] {
    return this.write(() => this.batches.run(items));
  }

  clear(): number {
    const { core, writer, cleaner } = this;
    return this.write(() => {
      const { count } = core;
      writer.steps.arm(Intent.CLEAR, 0, 0, 0);
      clearAll(core);
      writer.steps.disarm();
      cleaner.forget();
      return count;
    });
  }

  /** Segment by segment, so that others can write in between. */
  compact(): void {
    for (const segment of this.write(() => this.cleaner.listUnclean())) this.write(() => this.cleaner.cleanThis(segment));
    this.flusher.flushSync();
  }

  /** Removes what has expired now, and frees its space; how many entries there were. */
  sweep(): number {
    const { sweeper, core } = this;
    if (sweeper === undefined) return 0;
    const expired = () => core.space.controlDoubles[Control.EXPIRATIONS >> 1];
    const before = expired();
    for (const _ of sweeper.sweep());
    return expired() - before;
  }

  private write<T>(work: () => T): T {
    this.begin();
    let result: T;
    try {
      result = work();
      if (this.cleaner.active) this.cleaner.step();
    } finally {
      this.core.lock.release();
    }
    this.written();
    return result;
  }

  /** Runs `work`, which changes nothing, while nobody else changes anything; what a death left half done is finished first. Not for who only reads. */
  locked<T>(work: () => T): T {
    const { core } = this;
    core.assertOpen();
    if (core.lock.held) return work();
    core.lock.acquire();
    try {
      core.takeTurn();
      this.applier.repair();
      return work();
    } finally {
      core.lock.release();
    }
  }

  /** Takes the writer lock, and sees to it that this opener knows what others have done. */
  private begin(): void {
    const { core } = this;
    const { control } = core;
    // Closed, its memory is gone and must not be looked at; read-only, it must not be written to.
    if (core.closed || core.readOnly) core.assertWritable();
    core.lock.acquire();
    if (this.guarded || control[Control.LAST_WRITER] !== core.openers.token || (control[Control.INTENT] | control[Control.POISON]) !== 0) this.unguard();
  }

  private unguard(): void {
    const { core } = this;
    try {
      core.assertWritable();
      core.takeTurn();
      this.applier.repair();
      if (core.control[Control.ESTABLISHED] === 0) markUnclean(core, this.flusher);
      this.guarded = false;
    } catch (error) {
      core.lock.release();
      throw error;
    }
  }

  private written(): void {
    this.evictor?.tell();
    if (this.policy === 'always') this.flusher.flushSync();
    else if (this.timer === undefined && this.policy !== 'manual') this.startTimer(this.policy.every);
  }

  /** One timer after the first unflushed write: an idle store wakes no one, and no timer keeps a process alive. */
  private startTimer(every: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (!this.core.closed && this.flusher.isBehind) this.flusher.flushSoon();
    }, every);
    this.timer.unref();
  }

  /** Closes the file: cleanly by the last opener, unless a sync failed. The file is given back even if that throws. */
  close(): void {
    const { core } = this;
    if (core.closed) return;
    clearTimeout(this.timer);
    clearInterval(this.watcher);
    this.sweeper?.stop();
    try {
      leave(core, this.flusher, !this.guarded, () => this.locked(() => undefined));
    } finally {
      core.closed = true;
      core.space.close();
    }
  }
}
