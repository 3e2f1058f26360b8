// Decoded objects kept in this thread's heap, beside the version that their bucket had: a hit costs a Map lookup and two loads, and is never stale, whichever
// process wrote. What is handed out is the kept object itself, frozen or not, or a clone of it.

import { countRead, type FrequencyHash } from '../hash-index/frequency-hash.js';
import type { NotedRead } from '../hash-index/linear-hash.js';
import * as L from '../layout.js';
import type { Core } from './core.js';

const { Bucket, Control } = L;

/** Whose the object is that a read returns: all readers' (`shared`: change it, and all see it), nobody's (`frozen`, deeply), the caller's (`cloned`). */
export type CachedValues = 'shared' | 'frozen' | 'cloned';

export interface ObjectCacheSettings {
  maxEntries: number;
  maxBytes: number;
  values: CachedValues;
}

interface Kept {
  value: object;
  epoch: number;
  words: Int32Array;
  at: number;
  version: number;
  expiry: number;
  flag: boolean;
  /** Of the value as it is stored. */
  bytes: number;
  /** The index's slot, to count the read; none in a store. */
  slotWords: Int32Array | undefined;
  slotAt: number;
  slotTag: number;
}

export class ObjectCache {
  private readonly control: Int32Array;
  private readonly index: FrequencyHash;
  private readonly counts: boolean;
  private readonly now: () => number;
  private readonly maxEntries: number;
  private readonly maxBytes: number;
  private readonly values: CachedValues;
  private readonly entries = new Map<string, Kept>();
  /** Of all values kept. */
  bytes = 0;
  hits = 0;

  constructor(core: Core, { maxEntries, maxBytes, values }: ObjectCacheSettings) {
    this.control = core.control;
    this.index = core.index;
    this.counts = core.isCache && !core.readOnly;
    this.now = () => core.environment.now();
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
    this.values = values;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): object | undefined {
    const kept = this.current(key);
    return kept && this.given(kept);
  }

  /** The same with its expiry and flag. */
  entry(key: string): { value: object; expiresAt: number; flag: boolean } | undefined {
    const kept = this.current(key);
    return kept && { value: this.given(kept), expiresAt: kept.expiry, flag: kept.flag };
  }

  private given({ value }: Kept): object {
    return this.values === 'cloned' ? structuredClone(value) : value;
  }

  private current(key: string): Kept | undefined {
    const kept = this.entries.get(key);
    if (kept === undefined) return undefined;
    const isCurrent = Atomics.load(kept.words, kept.at) === kept.version && this.control[Control.EPOCH] === kept.epoch;
    if (!isCurrent || (kept.expiry !== Number.POSITIVE_INFINITY && kept.expiry <= this.now())) {
      this.drop(key, kept);
      return undefined;
    }
    this.hits++;
    if (kept.slotWords !== undefined) countRead(kept.slotWords, kept.slotAt, kept.slotTag);
    return kept;
  }

  /** Keeps what was just read, and found stable; returns what the reader gets. */
  keep(key: string, value: object, { words, home, version }: NotedRead, { expiry, flag, bytes }: Pick<Kept, 'expiry' | 'flag' | 'bytes'>): object {
    if (this.values === 'frozen') freeze(value);
    // Of an object that is not kept the reader is the only owner.
    if (bytes > this.maxBytes) return value;
    const before = this.entries.get(key);
    if (before !== undefined) this.drop(key, before);
    // First in, first out: what is read often comes back at its next read.
    for (const [oldest, kept] of this.entries) {
      if (this.entries.size < this.maxEntries && this.bytes + bytes <= this.maxBytes) break;
      this.drop(oldest, kept);
    }
    const { index } = this;
    // A file that was closed cleanly is changed by its first write only.
    const slotWords = this.counts && this.control[Control.ESTABLISHED] === 1 ? index.slotWords : undefined;
    const kept = {
      value,
      epoch: index.readEpoch,
      words,
      at: home + Bucket.VERSION,
      version,
      expiry,
      flag,
      bytes,
      slotWords,
      slotAt: index.slotAt,
      slotTag: index.slotTag,
    };
    this.entries.set(key, kept);
    this.bytes += bytes;
    return this.given(kept);
  }

  private drop(key: string, { bytes }: Kept): void {
    this.entries.delete(key);
    this.bytes -= bytes;
  }
}

/** Freezes an object and all it holds. Bytes can't be frozen, nor what a Map, a Set or a Date holds inside. */
function freeze(value: object): void {
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner);
  if (value instanceof Map || value instanceof Set) for (const inner of [...value].flat()) if (typeof inner === 'object' && inner !== null) freeze(inner);
}
