// The cache as its users see it. Public methods check, fill in defaults, count, and call the inner ones; a plain hit is one lookup in the store and nothing else.

import { EventEmitter } from 'node:events';
import { KEEP, type Store, type Usage } from '@mapstone/engine';
import { SharedCounters } from './counters.js';
import { type Duration, milliseconds } from './duration.js';
import { entryFor, expired, renewed, unleased } from './entry.js';
import { type Envelope, endOf, envelopeOf, isEnvelope, unwrap, wrap } from './envelope.js';
import { typeError } from './errors.js';
import { Loads } from './loads.js';
import { type CacheStats, prometheusText } from './metrics.js';
import { Names } from './names.js';
import { openFile } from './opened.js';
import {
  callOptions,
  type GetOrSetOptions,
  type Life,
  lifeOf,
  list,
  type MapstoneCacheOptions,
  readOptions,
  rulesOf,
  type SetOptions,
  type Settings,
} from './options.js';
import { type CacheEvents, type KeyStats, Report } from './report.js';
import { Tags } from './tags.js';
import { systemWorld, type World } from './world.js';
import { keysOf, type WrapOptions } from './wrap.js';

export interface SetManyItem extends SetOptions {
  key: string;
  value: unknown;
}

export class MapstoneCache extends EventEmitter<CacheEvents> {
  readonly #settings: Settings;
  readonly #world: World;
  readonly #store: Store;
  readonly #names: Names;
  readonly #tags: Tags;
  readonly #loads: Loads;
  readonly #counters: SharedCounters;
  readonly #report: Report;
  readonly #deaf: () => void;
  #closed = false;

  /** Opens the file, and throws what `openStore` throws. `world` is for tests. */
  constructor(options: MapstoneCacheOptions, world: World = systemWorld) {
    super();
    const settings = readOptions(options);
    this.#settings = settings;
    this.#world = world;
    this.#names = new Names(settings.namespace);
    const { store, closed } = openFile(settings.path, settings.store, (name, reason) => this.#removed(name, reason));
    this.#store = store;
    this.#deaf = closed;
    this.#tags = new Tags(this.#store, this.#names);
    this.#counters = new SharedCounters(this.#store, this.#names.stats, settings.statsInterval);
    this.#report = new Report(this, this.#counters.own, settings.keyStats);
    this.#loads = new Loads(this.#store, this.#tags, this.#report, world, settings.lease, (ttl) => this.#shorten(ttl));
  }

  /** The engine's handle: `backup()`, `check()` and the rest. */
  get engine(): Store {
    return this.#store;
  }

  /** A fresh value; `undefined` if there is none. */
  get<Value = unknown>(key: string): Value | undefined {
    const found = this.#store.get(this.#names.entry(key));
    const value = isEnvelope(found) ? this.#freshOf(found) : found;
    this.#report.read(key, value);
    return value as Value | undefined;
  }

  has(key: string): boolean {
    const found = this.#store.get(this.#names.entry(key));
    return isEnvelope(found) ? this.#isFresh(unwrap(found)) : found !== undefined;
  }

  /** Stores a value: for the cache's ttl, or another, with whatever else is given. */
  set(key: string, value: unknown, options?: Duration | SetOptions): void {
    const { value: stored, options: expiry } = this.#entry(value, options);
    this.#store.set(this.#names.entry(key), stored, expiry);
  }

  /** Deletes an entry, and lets no load that is under way store one. Whether there was anything to delete. */
  delete(key: string): boolean {
    return this.#store.delete(this.#names.entry(key));
  }

  /** A fresh value, which is deleted with that: of several who take it one gets it. */
  take<Value = unknown>(key: string): Value | undefined {
    let value: unknown;
    this.#store.update(this.#names.entry(key), (found) => {
      value = isEnvelope(found) ? this.#freshOf(found) : found;
      return value === undefined ? KEEP : undefined;
    });
    this.#report.read(key, value);
    return value as Value | undefined;
  }

  /** Fresh values, all as of one moment. */
  getMany<Value = unknown>(keys: readonly string[]): (Value | undefined)[] {
    const names = list('getMany(keys)', keys).map((key) => this.#names.entry(key));
    return this.#store.getMany(names).map((found, i) => {
      const value = isEnvelope(found) ? this.#freshOf(found) : found;
      this.#report.read(keys[i], value);
      return value as Value | undefined;
    });
  }

  hasMany(keys: readonly string[]): boolean[] {
    return list('hasMany(keys)', keys).map((key) => this.has(key));
  }

  /** Stores all of the items, or, if it throws, none. */
  setMany(items: readonly SetManyItem[]): void {
    this.#store.setMany(
      list('setMany(items)', items).map(({ key, value, ...options }) => {
        const entry = this.#entry(value, options);
        return { key: this.#names.entry(key), value: entry.value, ...entry.options };
      }),
    );
  }

  /** Deletes all of the keys at once; for each, whether there was anything to delete. */
  deleteMany(keys: readonly string[]): boolean[] {
    return this.#store.deleteMany(list('deleteMany(keys)', keys).map((key) => this.#names.entry(key)));
  }

  takeMany<Value = unknown>(keys: readonly string[]): (Value | undefined)[] {
    return list('takeMany(keys)', keys).map((key) => this.take<Value>(key));
  }

  /** Removes all entries of this namespace, one by one; without a namespace everything in the file, at once. */
  clear(): void {
    if (this.#settings.namespace === '') this.#store.clear();
    else this.#store.clear({ prefix: this.#names.prefix });
  }

  /** For how many ms the entry is still fresh; Infinity if for ever, `undefined` if it is absent. */
  ttl(key: string): number | undefined {
    const found = this.#store.getEntry(this.#names.entry(key));
    if (found === undefined) return undefined;
    if (!isEnvelope(found.value)) return found.expiresAt - Date.now();
    const entry = unwrap(found.value);
    return this.#isFresh(entry) ? entry.fresh - Date.now() : undefined;
  }

  /** Lets an entry be fresh for `ttl` from now: by default the cache's. Whether it was there, and fresh. */
  touch(key: string, ttl?: Duration): boolean {
    const ms = this.#shorten(ttl === undefined ? this.#settings.life.ttl : milliseconds('ttl', ttl, 1));
    const name = this.#names.entry(key);
    // A plain value is not decoded for it.
    const found = this.#store.get(name);
    if (!isEnvelope(found)) return found !== undefined && this.#store.touch(name, { ttl: ms });
    return this.#change(name, (entry, now) => (this.#isFresh(entry) ? renewed(entry, ms, now) : KEEP));
  }

  /**
   * Lets an entry's ttl be over now: it is stale, if it was stored with `stale` or `staleIfError`, and else gone. Whether it was there, and fresh. A load under way was
   * begun before that: it stores nothing. An error that is kept is gone, too.
   */
  expire(key: string): boolean {
    let wasFresh = false;
    this.#change(this.#names.entry(key), (entry, now) => {
      wasFresh = this.#isFresh(entry);
      if (wasFresh) return expired(entry, now);
      const isErrorKept = entry.outcome !== undefined && now < entry.outcome.until;
      return entry.lease === undefined && !isErrorKept ? KEEP : unleased(entry);
    });
    return wasFresh;
  }

  /**
   * A fresh value, or else what `load` makes, which is stored. Of all callers in all processes one makes it, and the others get what it made; inside `stale` they get the
   * old value at once. An error of `load` goes to all who wait, and is not kept unless asked for. A file that fails makes no call fail: it is told by `error`.
   */
  async getOrSet<Value>(key: string, load: () => Value | Promise<Value>, options?: Duration | GetOrSetOptions): Promise<Value> {
    if (typeof load !== 'function') throw typeError('ERR_OPTION_INVALID', 'getOrSet(key, load, options?): load is a function');
    const name = this.#names.entry(key);
    const { life, rules } = this.#settings;
    const own = options === undefined ? life : this.#life(options);
    const found = this.#peek(name);
    if (found !== undefined && !isEnvelope(found)) {
      this.#report.hit(key);
      return found as Value;
    }
    return this.#loads.get(key, name, found, load, own, options === undefined ? rules : rulesOf(callOptions(options), rules)) as Promise<Value>;
  }

  /** The function with this cache in front of it. */
  wrap<Arguments extends unknown[], Value>(
    fn: (...args: Arguments) => Value | Promise<Value>,
    options: WrapOptions<Arguments> = {},
  ): (...args: Arguments) => Promise<Value> {
    const { name: _name, key: _key, ...rest } = options;
    const keyFor = keysOf(fn, options);
    // A mistake in them is known here, not at the first call.
    this.#life(rest);
    rulesOf(rest, this.#settings.rules);
    const given = Object.keys(rest).length === 0 ? undefined : rest;
    return async (...args) => this.getOrSet(keyFor(args), () => fn(...args), given);
  }

  /** All entries with this tag are absent from here on, in every process; however many they are, it takes the same time. */
  invalidateTag(tag: string): void {
    this.invalidateTags([tag]);
  }

  /** The same for several, at once. */
  invalidateTags(tags: readonly string[]): void {
    const { tags: checked } = lifeOf({ tags }, this.#settings.life);
    this.#tags.invalidate(checked);
  }

  /** How many entries this namespace has in the file, stale ones and loads under way included, and their bytes. Looks at every entry of the file: about a second for each million. */
  usage(): Usage {
    return this.#store.usage({ prefix: this.#names.prefix });
  }

  stats(): CacheStats {
    const { entries, liveBytes, fileSize } = this.#store.stats();
    return { own: { ...this.#counters.own }, all: this.#counters.all, entries, bytes: liveBytes, fileSize };
  }

  /** Hits and misses of a key in this process, if the option `keyStats` has it count them, and it was used of late. */
  keyStats(key: string): KeyStats | undefined {
    return this.#report.keyStats(key);
  }

  /** The counts of all processes in Prometheus' text format: for `/metrics`, as `text/plain; version=0.0.4`. Of any one process: they all say the same. */
  metrics(): string {
    const stats = this.stats();
    return prometheusText(this.#settings.namespace, stats.all, stats);
  }

  /** Resolves when everything that was stored before is durable. */
  flush(): Promise<void> {
    return this.#store.flush();
  }

  /** Closes this cache; the file closes with the last one. Calls that wait for a load of this cache still get its value, which is not stored: others make it anew at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deaf();
    // Before the counts, to which its failures belong.
    this.#loads.close();
    this.#counters.close();
    this.#store.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #removed(name: string, reason: 'evict' | 'expire'): void {
    const key = this.#names.keyOf(name);
    if (key !== undefined) this.#report.removed(key, reason);
  }

  #entry(value: unknown, options: Duration | SetOptions | undefined): ReturnType<typeof entryFor> {
    if (value === undefined && this.#settings.rules.negative === 0) {
      throw typeError('ERR_VALUE_INVALID', 'undefined is stored only by a cache with the option negative: store null, or delete the key');
    }
    const life = options === undefined ? this.#settings.life : this.#life(options);
    return entryFor(value, life, this.#shorten(life.ttl), this.#tags.versions(life.tags), Date.now());
  }

  #life(options: Duration | SetOptions): Life {
    return lifeOf(callOptions(options), this.#settings.life);
  }

  #shorten(ttl: number): number {
    const { jitter } = this.#settings;
    return jitter === 0 || ttl === Number.POSITIVE_INFINITY ? ttl : ttl * (1 - this.#world.random() * jitter);
  }

  #isFresh(entry: Envelope): boolean {
    return entry.filled && Date.now() < entry.fresh && this.#tags.areCurrent(entry.tags);
  }

  #freshOf(found: unknown[]): unknown {
    const entry = unwrap(found);
    return this.#isFresh(entry) ? entry.value : undefined;
  }

  /** What is stored; where the store can't be read, nothing: then `Loads` meets the same, and says what to do. */
  #peek(name: string): unknown {
    try {
      return this.#store.get(name);
    } catch {
      return undefined;
    }
  }

  /** Replaces an entry by what is made of it; whether it was there. */
  #change(name: string, change: (entry: Envelope, now: number) => Envelope | typeof KEEP | undefined): boolean {
    let changed = false;
    let expiresAt = 0;
    this.#store.update<unknown>(
      name,
      (found) => {
        const entry = envelopeOf(found);
        const next = entry === undefined ? KEEP : change(entry, Date.now());
        changed = next !== KEEP;
        if (next === KEEP || next === undefined) return next;
        expiresAt = endOf(next);
        return wrap(next);
      },
      () => ({ expiresAt }),
    );
    return changed;
  }
}
