// Expiry in a cache: what has expired is removed, and its space freed, with no reads and no timer per key. Only segments in which something has expired are looked through.
// Of all openers one sweeps per interval: when it began is in the control block. In slices, so that others can write in between.

import { StoreError } from '../errors.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from '../store/core.js';
import type { Evictor } from './evictor.js';
import { isDue } from './survey.js';

const { Control, Entry } = L;

/** How far a segment was looked through, when the next of its records expires, and the bytes of tombstones in it. */
interface Look {
  segment: number;
  generation: number;
  offset: number;
  next: number;
  tombstones: number;
}

/** Of the entries, how many may expire from one sweep to the next: where it were more, the next comes sooner, for until then they take up space. */
const MOST_EXPIRED = 1 / 16;
/** The shortest interval, as a share of the one asked for. */
const SHORTEST = 1 / 10;
/** Records looked at while the writer lock is held. */
const SLICE_RECORDS = 512;

export class Sweeper {
  private readonly core: Core;
  private readonly evictor: Evictor;
  /** Runs `work` under the writer lock, as a write. */
  private readonly write: <T>(work: () => T) => T;
  /** Ms from one sweep to the next: the most, and at present. */
  private readonly longest: number;
  private every: number;
  private readonly reader: RecordReader;
  private readonly key: KeyBuffer;
  private timer: NodeJS.Timeout | undefined;
  /** Under way. */
  private slices: Generator<void> | undefined;

  constructor(core: Core, evictor: Evictor, every: number, write: <T>(work: () => T) => T) {
    this.core = core;
    this.evictor = evictor;
    this.longest = every;
    this.every = every;
    this.write = write;
    this.reader = core.newReader();
    this.key = core.newKey();
  }

  start(): void {
    this.timer = setTimeout(() => {
      this.tick();
      this.start();
    }, this.every);
    this.timer.unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.slices = undefined;
  }

  /** Sweeps, in slices, if no opener has for an interval. */
  private tick(): void {
    const { core } = this;
    const now = core.environment.now();
    const swept = core.space.controlDoubles[Control.SWEPT >> 1];
    // A clock that was set back must not keep the sweeper waiting.
    if (this.slices !== undefined || (now >= swept && now - swept < this.every / 2)) return;
    this.slices = this.paced(this.sweep());
    this.slice();
  }

  /** A sweep that chooses the interval to the next one. */
  private *paced(slices: Iterable<void>): Generator<void> {
    const { core, evictor, longest } = this;
    const before = evictor.expired;
    yield* slices;
    const expired = evictor.expired - before;
    const share = expired / (core.count + expired || 1);
    // Twice as long at most: one sweep may find little by chance.
    const wanted = this.every * Math.min(2, MOST_EXPIRED / share);
    this.every = Math.min(longest, Math.max(longest * SHORTEST, wanted));
  }

  private slice(): void {
    const { slices } = this;
    if (slices === undefined || this.core.closed) return;
    try {
      if (slices.next().done) this.slices = undefined;
      else setImmediate(() => this.slice());
    } catch {
      // A lock that can't be had, a disk that has failed: who writes is told, and the next interval tries again.
      this.slices = undefined;
    }
  }

  /** Removes all that has expired, and yields between slices. */
  *sweep(): Generator<void> {
    const { core, evictor } = this;
    const { space } = core;
    const due: number[] = [];
    // No lock is held yet: others may have grown the file.
    space.follow();
    for (let segment = 1; segment < space.capacity; segment++) if (isDue(core, segment)) due.push(segment);
    // Where there is nothing to do, nothing is written: a file that was closed cleanly stays so.
    if (due.length === 0 && !evictor.isLoose) return;
    this.write(() => {
      space.controlDoubles[Control.SWEPT >> 1] = core.environment.now();
    });
    for (const segment of due) {
      const look: Look = { segment, generation: 0, offset: 0, next: Number.POSITIVE_INFINITY, tombstones: 0 };
      while (isDue(core, segment) && this.write(() => isDue(core, segment) && this.go(look))) yield;
    }
    while (evictor.isLoose && this.write(() => evictor.cleanSome(SLICE_RECORDS))) yield;
  }

  /** Goes on through a segment; whether there is more of it. */
  private go(look: Look): boolean {
    const { core, evictor } = this;
    const { segments } = core;
    const { segment } = look;
    const generation = segments.word(segment, Entry.GENERATION);
    // Freed and used again since the last slice: what is in it now is too young.
    if (look.offset > 0 && look.generation !== generation) return false;
    look.generation = generation;
    try {
      if (this.removeExpired(look)) return true;
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT')) throw error;
      evictor.damaged.add(segment);
      return false;
    }
    segments.entry(segment);
    segments.doubles[(segments.at + Entry.GATE) >> 1] = look.next;
    if (segments.words[segments.at + Entry.LIVE] === look.tombstones) evictor.free(segment, look.tombstones);
    return false;
  }

  private removeExpired(look: Look): boolean {
    const { core, evictor, reader, key } = this;
    const { segment, generation } = look;
    const length = core.segments.word(segment, Entry.LENGTH);
    const now = core.environment.now();
    for (let left = SLICE_RECORDS; look.offset < length; left--) {
      if (left === 0) return true;
      reader.seek((segment << core.space.locationShift) | (look.offset >> L.LOCATION_SHIFT));
      reader.assertPlausible();
      const { expiry } = reader;
      if (reader.isTombstone) look.tombstones += reader.space16;
      else if (expiry > now) look.next = Math.min(look.next, expiry);
      else if (!core.log.dead.has(segment, generation, look.offset >> L.LOCATION_SHIFT) && core.isLatest(reader.tag(key), reader.location)) {
        evictor.expire(reader);
      }
      look.offset += reader.space16;
    }
    return false;
  }
}
