// A flush writes down what the file is, in an order that a power cut can't confuse:
// (1) capture, at an operation boundary, under the writer lock; (2) sync what was appended; (3) write and sync the table's slots; (4) write and sync the
// superblock; (5) only now count it. One opener flushes at a time: it holds the flush lock from (1) to (5). The index is never synced while the store is open.

import { StoreError } from '../errors.js';
import { patiently } from '../file/patience.js';
import type { Captured } from '../file/segments.js';
import { encodeSuperblock, slotOffset } from '../file/superblock.js';
import * as L from '../layout.js';
import type { Core } from '../store/core.js';
import { FlushLocks } from './flush-locks.js';
import { entriesOf, grown, partsOf, type Range, uncovered } from './ranges.js';

const { Control } = L;

/** A flush under way. */
interface Run {
  number: number;
  capacity: number;
  /** What the last completed flush knows of. */
  capacityBefore: number;
  captured: Captured[];
  /** Where log and table stood when it was captured. */
  sequence: number;
  structure: number;
  /** Sum of the table's durable slots before this flush, and with it. */
  sumBefore: number;
  sum: number;
  done: boolean;
  /** Why it is over without being complete. */
  failure: StoreError | undefined;
}

export class Flusher {
  private readonly core: Core;
  private readonly locks: FlushLocks;
  private run: Run | undefined;
  private current: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  /** Flushes that were asked for, and of which nobody has been told yet what became of them. */
  private wanted = 0;
  /** Why closing flushed nothing. */
  private unflushed: StoreError | undefined;
  completed = 0;

  constructor(core: Core) {
    this.core = core;
    this.locks = new FlushLocks(core);
    // Who waits for the writer lock must not keep its holder waiting for a flush.
    core.lock.beforeWaiting = () => this.finishOwn();
  }

  get durable(): number {
    return this.core.space.controlDoubles[Control.DURABLE_FLUSH >> 1];
  }

  /** Resolves when all that had returned before the call is durable. Calls that come together share one flush. */
  flush(): Promise<void> {
    if (this.queued !== undefined) return this.queued;
    this.wanted++;
    this.queued = (this.current ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.queued = undefined;
        this.current = this.runAside();
        return this.current;
      })
      .finally(() => this.wanted--);
    return this.queued;
  }

  /** Whether somebody waits for a flush. */
  get isWanted(): boolean {
    return this.wanted > 0;
  }

  /** The store closes without a flush: who waits for one is told why. */
  giveUp(why: StoreError): void {
    this.unflushed = why;
    this.end(why);
  }

  /** The flush under way is not completed. */
  private end(failure: StoreError): void {
    const { run, core } = this;
    if (run !== undefined) {
      run.done = true;
      run.failure = failure;
    }
    this.run = undefined;
    if (core.flushLock.held) core.flushLock.release();
  }

  /** Starts a flush; its failure shows at the next write. */
  flushSoon(): void {
    if (this.run === undefined && this.queued === undefined) this.flush().catch(() => undefined);
  }

  /** The same as `flush`, before it returns. Ends a flush of its own that is under way first. The writer lock may be held. */
  flushSync(): void {
    const { core } = this;
    core.assertWritable();
    this.finishOwn();
    const { held } = core.lock;
    if (held) core.flushLock.acquire();
    else this.locks.take();
    let run: Run | undefined;
    try {
      run = this.captureOrRelease();
    } finally {
      if (!held) core.lock.release();
    }
    if (run !== undefined) this.finish(run);
  }

  /** The same while the writer lock is held, unless another opener flushes for longer than `ms`: then false. */
  flushWithin(ms: number): boolean {
    const { flushLock } = this.core;
    // Who wants to flush next needs the writer lock first.
    if (!flushLock.held && !patiently(ms, () => !flushLock.isTaken)) return false;
    this.flushSync();
    return true;
  }

  private finishOwn(): void {
    if (this.run !== undefined) this.takeOver(this.run);
  }

  private async runAside(): Promise<void> {
    const { core } = this;
    const run = await this.locks.captureAside(() => this.captureOrRelease());
    // Else closing has flushed.
    if (run === false && this.unflushed !== undefined) throw this.unflushed;
    if (!run || isOver(run)) return;
    try {
      for (const ranges of [this.dataRanges(run), () => this.writeSlots(run), () => this.writeSuperblock(run)]) {
        const parts = typeof ranges === 'function' ? ranges() : ranges;
        for (const part of partsOf(core.space, parts)) {
          await core.space.file.syncAsync(part.region, part.from, part.to);
          if (isOver(run)) return;
        }
      }
      this.complete(run);
    } catch (error) {
      if (run.failure !== undefined) throw run.failure;
      // Also where a flush in the foreground has finished this one: the disk has failed. But closing gave the memory back, and had synced all of it again.
      if (!core.closed) throw this.poison(error);
    }
  }

  /**
   * Finishes a flush that is under way off the event loop, whose sync may have failed by now with no one told: the kernel would take those pages for clean.
   * A store to each, of what is there, makes them dirty again; table and superblock are written anew anyhow.
   */
  private takeOver(run: Run): void {
    const { space } = this.core;
    for (const [from, to] of this.dataRanges(run)) {
      space.forRegions(from, to, ({ words }, start, end) => {
        for (let at = start >> 2; at < end >> 2; at = (at | (L.PAGE_BYTES / 4 - 1)) + 1) {
          const word = words[at];
          words[at] = word;
        }
      });
    }
    this.finish(run);
  }

  private finish(run: Run): void {
    this.sync(this.dataRanges(run));
    this.sync(this.writeSlots(run));
    this.sync(this.writeSuperblock(run));
    this.complete(run);
  }

  /** What changed since the last completed flush; undefined, and the flush lock given back, if nothing did. */
  private captureOrRelease(): Run | undefined {
    let run: Run | undefined;
    try {
      run = this.capture();
    } finally {
      if (run === undefined) this.core.flushLock.release();
    }
    return run;
  }

  private capture(): Run | undefined {
    const { core } = this;
    const { segments, space, control } = core;
    const { controlDoubles } = space;
    // An operation that an exception broke off: half of it must not become durable.
    if (control[Control.INTENT] !== L.Intent.NONE) core.lock.afterDeath();
    core.refreshSuperblock();
    this.countWritten();
    const { superblock } = core;
    // Nothing was written since a clean close; or it is a cache, of which only a clean close makes anything durable.
    if (superblock.clean || core.isCache) return undefined;
    space.follow();
    const sequence = controlDoubles[Control.NEXT_SEQUENCE >> 1];
    const structure = control[Control.STRUCTURE];
    const changed = segments.changed();
    if (changed.length === 0) {
      this.note(sequence, structure);
      return undefined;
    }
    const number = controlDoubles[Control.LAST_FLUSH >> 1] + 1;
    controlDoubles[Control.LAST_FLUSH >> 1] = number;
    this.run = {
      number,
      capacity: space.capacity,
      capacityBefore: superblock.capacity,
      captured: changed.map((segment) => segments.capture(segment)),
      sequence,
      structure,
      sumBefore: superblock.tableSum,
      sum: 0,
      done: false,
      failure: undefined,
    };
    return this.run;
  }

  /** A flusher that died had synced all of its flush but the superblock that says so, if it wrote that: then the flush is finished. */
  countWritten(): void {
    const { core } = this;
    const { controlDoubles } = core.space;
    if (core.superblock.flush <= this.durable) return;
    // A sync of it may have failed with no one left to be told: a store to each page makes it dirty again.
    for (const offset of L.SUPERBLOCK_SLOTS) Atomics.or(core.space.head.words, offset >> 2, 0);
    this.sync([[0, L.CONTROL_OFFSET]]);
    controlDoubles[Control.DURABLE_FLUSH >> 1] = core.superblock.flush;
  }

  /** Notes up to where all is flushed, for the opener that looks whether somebody must. */
  private note(sequence: number, structure: number): void {
    const { control, controlDoubles } = this.core.space;
    controlDoubles[Control.FLUSHED_SEQUENCE >> 1] = sequence;
    control[Control.FLUSHED_STRUCTURE] = structure;
  }

  /** Whether there is anything that no completed flush covers. */
  get isBehind(): boolean {
    const { control, controlDoubles } = this.core.space;
    return (
      controlDoubles[Control.FLUSHED_SEQUENCE >> 1] !== controlDoubles[Control.NEXT_SEQUENCE >> 1] ||
      control[Control.FLUSHED_STRUCTURE] !== control[Control.STRUCTURE]
    );
  }

  private dataRanges(run: Run): Range[] {
    return uncovered(this.core.segments, run.captured, this.durable);
  }

  private writeSlots(run: Run): Range[] {
    const { segments, space } = this.core;
    let sum = run.sumBefore;
    for (const one of run.captured) sum = (sum + segments.writeSlot(one, run.number, this.durable)) | 0;
    run.sum = sum;
    return [...entriesOf(space, run.captured), ...grown(space, run.capacityBefore, run.capacity)];
  }

  private writeSuperblock(run: Run): Range[] {
    const { superblock } = this.core;
    superblock.flush = run.number;
    superblock.capacity = run.capacity;
    superblock.tableSum = run.sum;
    superblock.clean = false;
    return [this.storeSuperblock()];
  }

  /** Writes the superblock under its next revision, both copies; returns what must be synced. */
  storeSuperblock(): Range {
    const { superblock, space } = this.core;
    superblock.revision++;
    const bytes = encodeSuperblock(superblock);
    const offset = slotOffset(superblock.revision);
    for (const copy of L.SUPERBLOCK_COPIES) space.head.bytes.set(bytes, offset + copy);
    return [offset, offset + L.SECTOR_BYTES * L.SUPERBLOCK_COPIES.length];
  }

  private complete(run: Run): void {
    run.done = true;
    this.run = undefined;
    this.core.space.controlDoubles[Control.DURABLE_FLUSH >> 1] = run.number;
    this.note(run.sequence, run.structure);
    this.core.flushLock.release();
    this.completed++;
  }

  /** Syncs ranges of the file in the foreground. A failure poisons the store. */
  sync(ranges: Range[]): void {
    try {
      for (const part of partsOf(this.core.space, ranges)) this.core.space.file.sync(part.region, part.from, part.to);
    } catch (error) {
      throw this.poison(error);
    }
  }

  /** After a failed sync the kernel may have marked the lost pages clean: nothing may be claimed durable any more. */
  private poison(cause: unknown): StoreError {
    const { core } = this;
    const { path } = core.space.file;
    core.control[Control.POISON] = 1;
    core.poison = cause;
    const why = 'a sync to disk failed; the store is read-only now. Check the disk, then close and open it again: it will be as at its last completed flush';
    const failure = new StoreError('ERR_STORE_POISONED', `${path}: ${why}`, { path, cause });
    this.end(failure);
    return failure;
  }
}

/** Whether a flush in the foreground has completed this one meanwhile. Throws if that failed. */
function isOver({ done, failure }: Run): boolean {
  if (failure !== undefined) throw failure;
  return done;
}
