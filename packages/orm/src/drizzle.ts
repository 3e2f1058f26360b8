// Drizzle's cache in a store: `drizzle(client, { cache: mapstoneCache('./cache.mapstone') })`.
// What a query read is kept with the versions of its tables from before it ran. A write gives its tables new versions, and rows kept under an older one are a
// miss in every process: so nothing has to be found and deleted, and a select that overtakes a write is not kept.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Cache, type MutationOption } from 'drizzle-orm/cache/core';
import type { CacheConfig } from 'drizzle-orm/cache/core/types';
import { entityKind } from 'drizzle-orm/entity';
import { expiryOf } from './drizzle-expiry.js';
import { type Kept, keep, restore } from './drizzle-rows.js';
import { tablesIn } from './drizzle-tables.js';
import { isAtRest, namesOf, Versions, type VersionWords } from './drizzle-versions.js';
import { Watch } from './drizzle-watch.js';
import { ROWS, Scope, type ScopeOptions } from './scope.js';

export interface DrizzleCacheOptions extends ScopeOptions {
  /** `true`: every select is cached unless it says `$withCache(false)`. Default: only those with `$withCache()`. */
  global?: boolean;
  /** For queries that bring none of their own. Default `{ ex: 60 }`: a minute. */
  config?: CacheConfig;
  /**
   * What is read within so many ms after a write to its table began is not kept, since Drizzle 0 tells of a write when it begins and not when it is committed.
   * Default 100. For a database that is watched it ends when the write is done.
   */
  settle?: number;
}

interface Entry {
  /** Of the tag and the tables, by name. */
  versions: VersionWords;
  response: Kept;
}

/** What a select knows of the world it reads from, from its `get` to its `put`. */
interface Reading {
  key: string;
  versions: VersionWords;
  /** False where one of its tables was being written. */
  settled: boolean;
}

export class MapstoneCache extends Cache {
  static override readonly [entityKind]: string = 'MapstoneCache';
  readonly #scope: Scope;
  readonly #versions: Versions;
  readonly #watch = new Watch((names) => this.#versions.done(names));
  readonly #strategy: 'explicit' | 'all';
  readonly #config: CacheConfig;
  /** Drizzle calls `get`, the query and `put` in one asynchronous function, and tells `put` nothing of its `get`; this is what ties them together. */
  readonly #reading = new AsyncLocalStorage<Reading>();

  constructor(target: string | DrizzleCacheOptions) {
    super();
    const { global = false, config = { ex: 60 }, settle = 100, ...options }: DrizzleCacheOptions = typeof target === 'string' ? { path: target } : target;
    if (!(settle >= 0)) throw new RangeError(`settle is a number of milliseconds from 0, not ${String(settle)}`);
    this.#scope = new Scope({ objectCache: ROWS, ...options }, 'drizzle', { h: true, g: true, v: (version) => isAtRest(version as string, settle) });
    this.#versions = new Versions(this.#scope, settle);
    this.#strategy = global ? 'all' : 'explicit';
    this.#config = config;
    // Now, so that a file which doesn't open fails here and not in the first query.
    this.#scope.store;
  }

  override strategy(): 'explicit' | 'all' {
    return this.#strategy;
  }

  override async get(key: string, tables: string[], isTag: boolean, isAutoInvalidate?: boolean): Promise<any[] | undefined> {
    // A transaction sees what it wrote itself, and nobody else does yet.
    if (this.#watch.inTransaction) return undefined;
    const id = this.#scope.key(isTag ? 'g' : 'h', key);
    const entry = this.#scope.store.get<Entry>(id);
    if (entry !== undefined && this.#versions.areCurrent(entry.versions)) return restore(entry.response);
    const read = isAutoInvalidate === false ? [] : [...tables, ...tablesIn(this.#watch.sql ?? '')];
    const names = namesOf(read, isTag ? tagsOf(key) : []);
    this.#reading.enterWith({ key: id, ...this.#versions.read(names) });
    return undefined;
  }

  override async put(hashedQuery: string, response: any, _tables: string[], isTag: boolean, config?: CacheConfig): Promise<void> {
    const id = this.#scope.key(isTag ? 'g' : 'h', hashedQuery);
    const reading = this.#watch.inTransaction ? undefined : this.#reading.getStore();
    // Without the versions from before the query, nobody can say whether what it read is still so.
    if (reading?.key !== id || !reading.settled || !this.#versions.areCurrent(reading.versions) || response === undefined) return;
    const expiresAt = expiryOf(config ?? this.#config, this.#config, () => this.#scope.store.expiresAt(id));
    if (expiresAt === undefined) return;
    // A write that comes between the look at the versions and this set has made this entry a miss: it carries the older ones.
    this.#scope.keep(id, { versions: reading.versions, response: keep(response) } satisfies Entry, { expiresAt });
    this.#versions.outlive(reading.versions, expiresAt);
  }

  /** Drizzle calls it as a write begins; `db.$cache.invalidate({ tables, tags })` is this too. */
  override async onMutate({ tables, tags }: MutationOption): Promise<void> {
    const names = namesOf(tables, tags);
    this.#versions.begin(names, this.#watch.note(names));
  }

  /**
   * From here on the cache knows when a write of `db`, or a transaction, is done, and not only when it begins: what a write overtakes is never kept, and
   * transactions neither read from the cache nor leave anything in it. Gives `db` back. Throws `TypeError` for what is no database of Drizzle's.
   */
  watch<Database extends object>(db: Database): Database {
    this.#watch.listen(db);
    return db;
  }

  /** Everything of this cache goes, but for what says that a table is being written. */
  async clear(): Promise<void> {
    this.#scope.empty();
  }

  /** Lets go of the file. Drizzle has no call for it; the end of the process does it as well. */
  close(): void {
    this.#scope.close();
  }
}

/** Drizzle 1 puts the way a query is run before its tag where it runs on SQLite ('all_people'), and not where it tells of a tag. */
function tagsOf(key: string): string[] {
  const tag = key.replace(/^(run|all|get|values)_/, '');
  return tag === key ? [key] : [key, tag];
}

/** For `drizzle(client, { cache })`. The namespace is `drizzle` unless told otherwise. */
export function mapstoneCache(target: string | DrizzleCacheOptions): MapstoneCache {
  return new MapstoneCache(target);
}
