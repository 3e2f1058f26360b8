// Reads, by any number of openers at once and beside a writer: without a lock. What was read counts only if the bucket's version is the same before and after;
// else it is read again. Bounds are checked on values read once, so that a record that is written over meanwhile can mislead no one.
// Under the writer lock the same reads are stable, which is how a reader gets on beside a writer that never rests.

import { StoreError } from '../errors.js';
import { hasOthers } from '../file/openers.js';
import { nap } from '../file/patience.js';
import type { NotedRead } from '../hash-index/linear-hash.js';
import * as L from '../layout.js';
import { readChain } from '../log/chain.js';
import { decodeValue, type RawBuffer, ValueKind } from '../log/codec.js';
import type { RecordReader } from '../log/record.js';
import type { Core } from './core.js';
import type { ObjectCache } from './object-cache.js';

const { Control, Flag } = L;
const PLAIN = (15 << L.KIND_SHIFT) | Flag.EXPIRES | Flag.CHAINED;

/** What was read was being changed. */
export const AGAIN = Symbol('again');
/** Rounds without a lock. */
const ROUNDS = 1000;

/** What an object cache wants to know of a record. */
function cached({ expiry, meta, kind, valueLength }: RecordReader): { expiry: number; flag: boolean; isTree: boolean; bytes: number } {
  return { expiry, flag: (meta & Flag.USER) !== 0, isTree: kind !== ValueKind.V8, bytes: valueLength };
}

/** An entry without its key. */
export interface StoreEntry {
  value: unknown;
  /** Milliseconds since 1970, Infinity for none. */
  expiresAt: number;
  flag: boolean;
}

export class Reading {
  private readonly core: Core;
  private readonly verifyReads: boolean;
  /** Eviction asks how often an entry was read. */
  private readonly mayCount: boolean;
  /** Runs `work` under the writer lock; throws if it can't be had. */
  private readonly locked: <T>(work: () => T) => T;

  constructor(core: Core, verifyReads: boolean, locked: <T>(work: () => T) => T) {
    this.core = core;
    this.verifyReads = verifyReads;
    this.mayCount = core.isCache && !core.readOnly;
    this.locked = locked;
  }

  /** A file that was closed cleanly is changed by its first write only. */
  private get counts(): boolean {
    return this.mayCount && this.core.control[Control.ESTABLISHED] === 1;
  }

  get(key: string, cache: ObjectCache | undefined): unknown {
    if (cache !== undefined) {
      const kept = cache.get(key);
      if (kept !== undefined) return kept;
    }
    this.core.key.load(key);
    const value = this.tryGet(key, cache);
    return value === AGAIN ? this.insist(() => this.tryGet(key, cache)) : value;
  }

  has(key: string): boolean {
    return this.expiresAt(key) !== undefined;
  }

  /** Milliseconds since 1970, Infinity for none, `undefined` if the key is absent or expired. */
  expiresAt(key: string): number | undefined {
    this.core.key.load(key);
    return this.insist(() => this.attempt((reader) => reader.expiry));
  }

  entry(key: string, cache: ObjectCache | undefined): StoreEntry | undefined {
    const kept = cache?.entry(key);
    if (kept !== undefined) return kept;
    const { core } = this;
    core.key.load(key);
    return this.insist(() => {
      const entry = this.attempt((reader) => {
        const found = this.entryOf(reader);
        if (this.counts) core.index.countRead();
        return found;
      });
      if (cache === undefined || entry === undefined || entry === AGAIN || !cache.keeps(entry.value)) return entry;
      return { ...entry, value: cache.keep(key, entry.value, core.index.notedRead(), cached(core.reader)) };
    });
  }

  /** The entry, and what tells whether it is still the same: `index.areStable([read], epoch)`. */
  noted(key: string): { entry: StoreEntry | undefined; read: NotedRead; epoch: number } {
    const { core } = this;
    core.key.load(key);
    return this.insist(() => {
      const entry = this.attempt((reader) => this.entryOf(reader));
      return entry === AGAIN ? AGAIN : { entry, read: core.index.notedRead(), epoch: core.index.readEpoch };
    });
  }

  /** The values of keys, all as of one moment. */
  many(keys: readonly string[]): unknown[] {
    const { core } = this;
    const { index, control } = core;
    return this.insist(() => {
      const epoch = control[Control.EPOCH];
      const buckets = Atomics.load(control, Control.BUCKETS);
      const noted = [];
      const values: unknown[] = [];
      for (const key of keys) {
        core.key.load(key);
        const value = this.tryGet(key, undefined);
        if (value === AGAIN) return AGAIN;
        values.push(value);
        noted.push(index.notedRead());
      }
      return index.areStable(noted, epoch) && Atomics.load(control, Control.BUCKETS) === buckets ? values : AGAIN;
    });
  }

  /** One try at the value of the core's key, whose name it is. */
  private tryGet(name: string, cache: ObjectCache | undefined): unknown {
    const { core } = this;
    const { reader, index, key } = core;
    if (!index.beginRead(key.tag)) return AGAIN;
    let value: unknown;
    try {
      if (core.findFrom(index.next(), key, reader) === 0) return index.isMissStable(key.tag) ? undefined : AGAIN;
      // Most values are one-byte strings with no expiry.
      if ((reader.meta & PLAIN) === ValueKind.LATIN1 << L.KIND_SHIFT && !this.verifyReads) {
        const start = reader.payloadStart;
        value = (reader.region.bytes as RawBuffer).latin1Slice(start, start + reader.valueLength);
      } else value = this.isExpired(reader) ? undefined : this.valueOf(reader);
    } catch (error) {
      if (index.isStable()) throw error;
      return AGAIN;
    }
    if (this.counts && value !== undefined) index.countRead();
    if (!index.isStable()) return AGAIN;
    if (cache?.keeps(value)) {
      return cache.keep(name, value, index.notedRead(), cached(reader));
    }
    return value;
  }

  private attempt<T>(project: (reader: RecordReader) => T): T | undefined | typeof AGAIN {
    const { core } = this;
    const { reader, index, key } = core;
    if (!index.beginRead(key.tag)) return AGAIN;
    let found: T | undefined;
    try {
      if (core.findFrom(index.next(), key, reader) === 0) return index.isMissStable(key.tag) ? undefined : AGAIN;
      if (!this.isExpired(reader)) found = project(reader);
    } catch (error) {
      if (index.isStable()) throw error;
      return AGAIN;
    }
    return index.isStable() ? found : AGAIN;
  }

  /** Repeats an attempt until it is one of a moment at rest. */
  insist<T>(attempt: () => T | typeof AGAIN): T {
    const { core } = this;
    for (let round = 0; round < ROUNDS; round++) {
      const found = attempt();
      if (found !== AGAIN) return found;
      core.openers.count(L.Opener.RETRIES);
    }
    if (core.readOnly) return this.insistReadOnly(attempt);
    const found = this.locked(attempt);
    if (found !== AGAIN) return found;
    const { path } = core.space.file;
    const what = 'close the store, and let salvage() copy it: that reads the log, and not the index';
    throw new StoreError('ERR_STORE_CORRUPT', `${path} is damaged: its index can't be read; ${what}`, { path });
  }

  /** Who may not write can't take the lock: it waits, and says what it waited for. */
  private insistReadOnly<T>(attempt: () => T | typeof AGAIN): T {
    const { core } = this;
    const { path } = core.space.file;
    for (const end = performance.now() + core.busyTimeout; performance.now() < end; nap(1)) {
      const found = attempt();
      if (found !== AGAIN) return found;
      if (!hasOthers(core.space.file)) break;
    }
    if (hasOthers(core.space.file)) throw new StoreError('ERR_STORE_BUSY', `${path} is being changed for ${core.busyTimeout} ms; try again`, { path });
    const what = 'a writer died while it changed it: open it once for writing, so that it can be recovered';
    throw new StoreError('ERR_STORE_NEEDS_RECOVERY', `${path}: ${what}`, { path });
  }

  isExpired(reader: RecordReader): boolean {
    return (reader.meta & Flag.EXPIRES) !== 0 && reader.expiry <= this.core.environment.now();
  }

  entryOf(reader: RecordReader): StoreEntry {
    return { value: this.valueOf(reader), ...this.metaOf(reader) };
  }

  metaOf(reader: RecordReader): { expiresAt: number; flag: boolean } {
    return { expiresAt: reader.expiry, flag: (reader.meta & Flag.USER) !== 0 };
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
}
