// The store as its users see it: a handle on an engine that other handles may share. Public methods check, fill in defaults, and call the inner one.

import { StoreError, typeError } from '../errors.js';
import { detach, EncodedValue, encodeValue } from '../log/codec.js';
import { check, type Finding } from '../upkeep/check.js';
import {
  checkList,
  checkOptions,
  describe,
  expiryOf,
  flagsOf,
  isObject,
  type PrefixOptions,
  prefixOf,
  type SetOptions,
  type TouchOptions,
} from './arguments.js';
import { backup } from './backup.js';
import { type BatchItem, deleteItem } from './batch.js';
import type { Engine } from './engine.js';
import { iterate, keysOf, pairsOf, type StoreRecord, type Usage, usageOf } from './iterate.js';
import { type BatchOperations, noted } from './noted.js';
import { ObjectCache, type ObjectCacheSettings } from './object-cache.js';
import type { StoreEntry } from './reading.js';
import { collectStats, type StoreStats } from './stats.js';
import { type Change, type KEEP, update } from './update.js';
import { NEVER } from './writer.js';

export interface SetItem extends SetOptions {
  key: string;
  value: unknown;
}

const NO_OPTIONS: SetOptions = {};

export class Store {
  readonly path: string;
  private readonly engine: Engine;
  private readonly onClose: () => void;
  /** This handle's own, since whose the objects are is for whoever asked for it. */
  private readonly cache: ObjectCache | undefined;
  /** Opened for reading only, on an engine that others may write with. */
  private readonly readOnly: boolean;
  private closed = false;

  /** Use `openStore`. */
  constructor(engine: Engine, path: string, readOnly: boolean, cache: ObjectCacheSettings | undefined, onClose: () => void) {
    this.engine = engine;
    this.path = path;
    this.readOnly = readOnly;
    this.cache = cache && new ObjectCache(engine.core, cache);
    this.onClose = onClose;
  }

  /** The value of a key, of the type it was stored as; `undefined` if it is absent or expired. */
  get<Value = unknown>(key: string): Value | undefined {
    if (this.closed) this.refuse();
    return this.engine.reading.get(key, this.cache) as Value | undefined;
  }

  /** The value with its expiry, in one lookup; `undefined` if it is absent or expired. */
  getEntry(key: string): StoreEntry | undefined {
    if (this.closed) this.refuse();
    return this.engine.reading.entry(key, this.cache);
  }

  has(key: string): boolean {
    if (this.closed) this.refuse();
    return this.engine.reading.has(key);
  }

  /**
   * Stores a value under a key of 1 to 65,535 bytes. Throws `TypeError` or `RangeError` for what can't be stored (`ERR_KEY_INVALID`, `ERR_VALUE_INVALID`,
   * `ERR_VALUE_TOO_LARGE`, `ERR_OPTION_INVALID`), and `ERR_STORE_FULL`; then nothing has changed.
   */
  set(key: string, value: unknown, options?: SetOptions): void {
    if (this.closed || this.readOnly) this.refuse();
    if (options === undefined) this.engine.set(key, value, 0, NEVER);
    else this.engine.set(key, value, flagsOf(options), this.expiry(options));
  }

  /** Deletes a key; whether it was there. */
  delete(key: string): boolean {
    if (this.closed || this.readOnly) this.refuse();
    return this.engine.delete(key);
  }

  /** When an entry expires, ms since 1970; Infinity if never, `undefined` if it is absent. */
  expiresAt(key: string): number | undefined {
    if (this.closed) this.refuse();
    return this.engine.reading.expiresAt(key);
  }

  /** Gives an entry another expiry, `ttl` or `expiresAt`: Infinity is none. Whether it was there. */
  touch(key: string, options: TouchOptions): boolean {
    if (this.closed || this.readOnly) this.refuse();
    // Nothing given is more likely a slip than a wish to keep the entry for ever.
    if (isObject(options) && options.ttl === undefined && options.expiresAt === undefined) {
      throw typeError('ERR_OPTION_INVALID', 'touch(key, options) takes ttl or expiresAt; { ttl: Infinity } takes the expiry off');
    }
    return this.engine.touch(key, this.expiry(options));
  }

  /**
   * Lets `change` make a new value of the present one, and stores it if nobody has changed the entry meanwhile; else it starts again, so `change` may run
   * more than once, and never while others have to wait. `undefined` deletes; `KEEP` leaves the entry as it is. The entry keeps its expiry and flag where
   * `options`, which may depend on the entry, give no other. Returns what is there then. Throws what `set` throws, and `ERR_STORE_BUSY` if others
   * change the entry for longer than `busyTimeout`.
   */
  update<Value = unknown>(
    key: string,
    change: (value: Value | undefined, entry: StoreEntry | undefined) => Value | typeof KEEP | undefined,
    options?: SetOptions | ((entry: StoreEntry | undefined) => SetOptions),
  ): Value | undefined {
    if (this.closed || this.readOnly) this.refuse();
    if (typeof change !== 'function') throw typeError('ERR_OPTION_INVALID', `update(key, change): change is a function, not ${describe(change)}`);
    const changeOpen: Change = (value, entry) => {
      const made = change(value as Value | undefined, entry);
      // It may have closed this handle.
      if (this.closed) this.refuse();
      return made;
    };
    const optionsFor = typeof options === 'function' ? options : () => options ?? NO_OPTIONS;
    return update(this.engine, key, changeOpen, (entry) => {
      const given = checkOptions(optionsFor(entry));
      const expires = given.ttl === undefined && given.expiresAt === undefined;
      return { flags: flagsOf({ flag: given.flag ?? entry?.flag }), expiry: expires ? (entry?.expiresAt ?? NEVER) : this.expiry(given) };
    }) as Value | undefined;
  }

  /** The values of keys, all as of one moment: no batch is seen half. */
  getMany(keys: readonly string[]): unknown[] {
    if (this.closed) this.refuse();
    return this.engine.reading.many(checkList('getMany(keys)', keys));
  }

  /** Stores all of the items, or, if it throws, none. */
  setMany(items: readonly SetItem[]): void {
    if (this.closed || this.readOnly) this.refuse();
    this.engine.batch(checkList('setMany(items)', items).map((item) => this.setItem(checkOptions(item).key, item.value, item)));
  }

  /** Deletes all of the keys at once; for each, whether it was there. */
  deleteMany(keys: readonly string[]): boolean[] {
    if (this.closed || this.readOnly) this.refuse();
    return this.engine.batch(checkList('deleteMany(keys)', keys).map(deleteItem));
  }

  /** Runs `work`, which notes sets and deletes; all of them take effect, or, if anything throws, none. `work` is synchronous. */
  batch(work: (operations: BatchOperations) => void): void {
    if (this.closed || this.readOnly) this.refuse();
    this.engine.batch(noted(work, (key, value, options = NO_OPTIONS) => this.setItem(key, value, options)));
  }

  /** Keys, in no order. Every key that is there from start to end comes once. */
  keys(options: PrefixOptions = {}): Generator<string> {
    return keysOf(this.walk(options, false));
  }

  /** `[key, value]` pairs, in no order. */
  entries(options: PrefixOptions = {}): Generator<[string, unknown]> {
    return pairsOf(this.walk(options, true));
  }

  /** Entries with key, expiry, flag and bytes, in no order. */
  records(options: PrefixOptions = {}): Generator<StoreRecord> {
    return this.walk(options, true);
  }

  [Symbol.iterator](): Generator<[string, unknown]> {
    return this.entries();
  }

  // No generator itself: what is wrong is thrown by the call, not by the first `next()`.
  private walk(options: PrefixOptions, withValues: boolean): Generator<StoreRecord> {
    if (this.closed) this.refuse();
    return this.whileOpen(iterate(this.engine, prefixOf(options), withValues));
  }

  private *whileOpen(records: Generator<StoreRecord>): Generator<StoreRecord> {
    if (this.closed) this.refuse();
    for (const record of records) {
      yield record;
      if (this.closed) this.refuse();
    }
  }

  /** Entries in the file; those that have expired count until they are cleaned away. */
  get size(): number {
    if (this.closed) this.refuse();
    return this.engine.core.count;
  }

  /**
   * A number that is another after each change of what the file holds, whoever made it, and NaN while one is under way (or was, when its writer died: until the next
   * write). The same as it was while this handle is open, nothing has changed: what was made of the store's content since still holds. An entry whose time is over is
   * no change. Costs two loads. (What SQLite calls `PRAGMA data_version`.)
   */
  get dataVersion(): number {
    if (this.closed) this.refuse();
    return this.engine.core.dataVersion;
  }

  /** How many live entries have a key that starts with `prefix`, and their bytes in the file. Looks at every entry: about a second for each million. */
  usage(options: PrefixOptions = {}): Usage {
    if (this.closed) this.refuse();
    return usageOf(this.engine, prefixOf(options));
  }

  /** Removes all entries, at once; with a prefix those whose key starts with it, one by one. Returns how many. */
  clear(options: PrefixOptions = {}): number {
    if (this.closed || this.readOnly) this.refuse();
    const prefix = prefixOf(options);
    if (prefix === '') return this.engine.clear();
    let count = 0;
    for (const { key } of [...iterate(this.engine, prefix, false)]) if (this.engine.delete(key)) count++;
    return count;
  }

  /** Of a cache: removes what has expired now, without waiting for the next sweep, and frees its space; how many entries there were. */
  sweep(): number {
    if (this.closed || this.readOnly) this.refuse();
    return this.engine.sweep();
  }

  /** Resolves when everything that was stored before is durable. Calls that come together share one flush. A cache promises nothing past a power cut: it has nothing to do. */
  async flush(): Promise<void> {
    if (this.closed) this.refuse();
    if (!this.readOnly) await this.engine.flusher.flush();
  }

  /** The same, before it returns. */
  flushSync(): void {
    if (this.closed) this.refuse();
    if (!this.readOnly) this.engine.flusher.flushSync();
  }

  /** This opening of the file, by a name that no other ever has: to leave in an entry, for others to ask whether who wrote it is alive. `undefined` if it only reads. */
  get opener(): string | undefined {
    if (this.closed) this.refuse();
    return this.engine.core.openers.identity;
  }

  /** Whether the opening of that name lasts. The kernel is asked: the answer is right from the moment a process is killed. Threads open for themselves; handles of one thread share. */
  isOpenerAlive(opener: string): boolean {
    if (this.closed) this.refuse();
    if (typeof opener !== 'string') throw typeError('ERR_OPTION_INVALID', `an opener is a string, not ${describe(opener)}`);
    return this.engine.core.openers.isNamedAlive(opener);
  }

  stats(): StoreStats {
    if (this.closed) this.refuse();
    return collectStats(this.engine, this.cache);
  }

  /** Checks every invariant of FORMAT.md; an empty list means that all hold. */
  check(): Finding[] {
    if (this.closed) this.refuse();
    return this.readOnly ? check(this.engine) : this.engine.locked(() => check(this.engine));
  }

  /** Cleans every segment that has anything dead in it, and flushes. The file keeps its length; `backup` writes a small one. */
  compact(): void {
    if (this.closed || this.readOnly) this.refuse();
    this.engine.compact();
  }

  /** Writes all live entries to a new store at `path`, as they are now. Throws `ERR_STORE_EXISTS` if something is there. */
  backup(path: string): void {
    if (this.closed) this.refuse();
    backup(this.engine, path);
  }

  /** Closes this handle; the last one flushes, and marks the file clean. Closing again does nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.cache?.clear();
    this.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private refuse(): never {
    if (!this.closed) throw new StoreError('ERR_STORE_READONLY', `${this.path} was opened with readOnly: open it without to write`, { path: this.path });
    throw new StoreError('ERR_STORE_CLOSED', `the store at ${this.path} was closed: open it again with openStore()`, { path: this.path });
  }

  private expiry(options: TouchOptions): number {
    return expiryOf(options, this.engine.core.environment);
  }

  private setItem(key: string, value: unknown, options: SetOptions): BatchItem {
    const encoded = new EncodedValue();
    encodeValue(value, encoded);
    // The caller may run again, and change its bytes, before the batch is written.
    detach(encoded);
    return { key, value: encoded, flags: flagsOf(options), expiry: this.expiry(options) };
  }
}
