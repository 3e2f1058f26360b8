// Decoded objects kept in this thread's heap, beside the version that their bucket had: a hit costs a Map lookup and two loads, and is never stale, whichever
// process wrote. What is handed out is the kept object itself, frozen or not, or a clone of it.

import { countRead, type FrequencyHash } from '../hash-index/frequency-hash.js';
import type { NotedRead } from '../hash-index/linear-hash.js';
import * as L from '../layout.js';
import type { Core } from './core.js';

const { Bucket, Control } = L;

/** Whose the object is that a read returns: all readers' (`shared`: change it, and all see it), nobody's (`frozen`, deeply), the caller's (`cloned`). */
export type CachedValues = 'shared' | 'frozen' | 'cloned';

interface Kept {
  value: object;
  epoch: number;
  words: Int32Array;
  at: number;
  version: number;
  expiry: number;
  flag: boolean;
  /** The index's slot, to count the read; none in a store. */
  slotWords: Int32Array | undefined;
  slotAt: number;
}

export class ObjectCache {
  private readonly control: Int32Array;
  private readonly index: FrequencyHash;
  private readonly counts: boolean;
  private readonly now: () => number;
  private readonly maxEntries: number;
  private readonly values: CachedValues;
  private readonly entries = new Map<string, Kept>();
  hits = 0;

  constructor(core: Core, maxEntries: number, values: CachedValues) {
    this.control = core.control;
    this.index = core.index;
    this.counts = core.isCache && !core.readOnly;
    this.now = () => core.environment.now();
    this.maxEntries = maxEntries;
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
      this.entries.delete(key);
      return undefined;
    }
    this.hits++;
    if (kept.slotWords !== undefined) countRead(kept.slotWords, kept.slotAt);
    return kept;
  }

  /** Keeps what was just read, and found stable; returns what the reader gets. */
  keep(key: string, value: object, { words, home, version }: NotedRead, expiry: number, flag: boolean): object {
    // First in, first out: what is read often comes back at its next read.
    if (this.entries.size >= this.maxEntries)
      for (const oldest of this.entries.keys()) {
        this.entries.delete(oldest);
        break;
      }
    if (this.values === 'frozen') freeze(value);
    const { index } = this;
    const slotWords = this.counts ? index.slotWords : undefined;
    const kept = { value, epoch: index.readEpoch, words, at: home + Bucket.VERSION, version, expiry, flag, slotWords, slotAt: index.slotAt };
    this.entries.set(key, kept);
    return this.given(kept);
  }
}

/** Freezes an object and all it holds. Bytes can't be frozen, nor what a Map, a Set or a Date holds inside. */
function freeze(value: object): void {
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner);
  if (value instanceof Map || value instanceof Set) for (const inner of [...value].flat()) if (typeof inner === 'object' && inner !== null) freeze(inner);
}
