// Decoded objects, and strings if wanted, kept in this thread's heap. While nobody writes, a hit costs two loads that all entries share and a Map lookup, two where
// the entry expires, its reads are counted or it is cloned; after a write, one look at the bucket's version more. Never stale, whichever process wrote. What is handed out is the
// kept object itself, frozen or not, or a clone of it.

import { countRead, type FrequencyHash } from '../hash-index/frequency-hash.js';
import type { NotedRead } from '../hash-index/linear-hash.js';
import * as L from '../layout.js';
import { cloneTree, heightOf } from '../log/clone.js';
import type { Core } from './core.js';

const { Bucket, Control } = L;

/** Whose the object is that a read returns: all readers' (`shared`: change it, and all see it), nobody's (`frozen`, deeply), the caller's (`cloned`). */
export type CachedValues = 'shared' | 'frozen' | 'cloned';

/** What is kept: anything else costs no more to read than to look up here. */
export type CachedTypes = 'objects' | 'strings' | 'all';

export interface ObjectCacheSettings {
  maxEntries: number;
  maxBytes: number;
  values: CachedValues;
  types: CachedTypes;
}

export type Keepable = object | string;

/** What a hit needs comes first, and none of it is a number in a box: all of it is in one cache line. */
interface Kept {
  value: Keepable;
  /** Of an object that is cloned. */
  height: number;
  /** In which its bucket was last looked at. */
  round: number;
  expires: boolean;
  /** The index's slot, to count the read; none in a store. */
  slotWords: Int32Array | undefined;
  slotAt: number;
  slotTag: number;
  epoch: number;
  words: Int32Array;
  at: number;
  version: number;
  expiry: number;
  flag: boolean;
  /** Of the value as it is stored. */
  bytes: number;
}

export class ObjectCache {
  private readonly core: Core;
  private readonly control: Int32Array;
  private readonly index: FrequencyHash;
  private readonly counts: boolean;
  private readonly now: () => number;
  private readonly maxEntries: number;
  private readonly maxBytes: number;
  private readonly freezes: boolean;
  private readonly clones: boolean;
  private readonly objects: boolean;
  private readonly strings: boolean;
  private readonly entries = new Map<string, Kept>();
  /** Of the store when the present round began: another one begins the next, and each entry's bucket must be looked at again. */
  private dataVersion = Number.NaN;
  private round = 0;
  /** Values found twice in this round that neither expire nor are counted, nor cloned: for them nothing else need be asked. Few rounds see one where much is written. */
  private readonly certain = new Map<string, Keepable>();
  /** Of all values kept. */
  bytes = 0;
  hits = 0;

  constructor(core: Core, { maxEntries, maxBytes, values, types }: ObjectCacheSettings) {
    this.core = core;
    this.control = core.control;
    this.index = core.index;
    this.counts = core.isCache && !core.readOnly;
    this.now = () => core.environment.now();
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
    this.freezes = values === 'frozen';
    this.clones = values === 'cloned';
    this.objects = types !== 'strings';
    this.strings = types !== 'objects';
  }

  keeps(value: unknown): value is Keepable {
    return typeof value === 'object' ? this.objects && value !== null : this.strings && typeof value === 'string';
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): Keepable | undefined {
    this.follow();
    const certain = this.certain.get(key);
    if (certain === undefined) {
      const kept = this.current(key);
      return kept && this.given(kept);
    }
    this.hits++;
    return certain;
  }

  /** The same with its expiry and flag. */
  entry(key: string): { value: Keepable; expiresAt: number; flag: boolean } | undefined {
    this.follow();
    const kept = this.current(key);
    return kept && { value: this.given(kept), expiresAt: kept.expiry, flag: kept.flag };
  }

  private given({ value, height }: Kept): Keepable {
    return this.clones && typeof value === 'object' ? cloneTree(value, height) : value;
  }

  /** Begins another round if anything has changed. Before a bucket is looked at: what changes after that ends the round. While something is being changed none lasts. */
  private follow(): void {
    const { dataVersion } = this.core;
    if (dataVersion === this.dataVersion) return;
    this.dataVersion = dataVersion;
    this.round++;
    if (this.certain.size > 0) this.certain.clear();
  }

  private current(key: string): Kept | undefined {
    const kept = this.entries.get(key);
    if (kept === undefined) return undefined;
    const isSecond = kept.round === this.round;
    if ((!isSecond && !this.isUnchanged(kept)) || (kept.expires && kept.expiry <= this.now())) {
      this.drop(key, kept);
      return undefined;
    }
    this.hits++;
    if (kept.slotWords !== undefined) countRead(kept.slotWords, kept.slotAt, kept.slotTag);
    else if (isSecond && !kept.expires && !this.clones) this.certain.set(key, kept.value);
    return kept;
  }

  /** Whether an entry's own bucket is as it was, though something has changed somewhere. */
  private isUnchanged(kept: Kept): boolean {
    // Read before the first write to a file that was closed cleanly: its reads are counted from here on.
    if (kept.slotWords === undefined && this.counts && this.control[Control.ESTABLISHED] === 1) return false;
    if (Atomics.load(kept.words, kept.at) !== kept.version || this.control[Control.EPOCH] !== kept.epoch) return false;
    kept.round = this.round;
    return true;
  }

  /** Keeps what was just read, and found stable; returns what the reader gets. `isTree`: nothing in it is met twice. */
  keep(
    key: string,
    value: Keepable,
    { words, home, version }: NotedRead,
    { expiry, flag, isTree, bytes }: Pick<Kept, 'expiry' | 'flag' | 'bytes'> & { isTree: boolean },
  ): Keepable {
    if (this.freezes && typeof value === 'object') freeze(value);
    // Of an object that is not kept the reader is the only owner.
    if (bytes > this.maxBytes || (this.clones && !isTree)) return value;
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
      height: this.clones && typeof value === 'object' ? heightOf(value) : 0,
      round: -1,
      expires: expiry !== Number.POSITIVE_INFINITY,
      slotWords,
      slotAt: index.slotAt,
      slotTag: index.slotTag,
      epoch: index.readEpoch,
      words,
      at: home + Bucket.VERSION,
      version,
      expiry,
      flag,
      bytes,
    };
    this.entries.set(key, kept);
    this.bytes += bytes;
    return this.given(kept);
  }

  /** What was kept may be much, and who closed a store may hold on to it. */
  clear(): void {
    this.entries.clear();
    this.certain.clear();
    this.bytes = 0;
  }

  private drop(key: string, { bytes }: Kept): void {
    this.entries.delete(key);
    this.certain.delete(key);
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
