// MikroORM's result cache and metadata cache in a store, for MikroORM 6 and 7.
// Two classes, since MikroORM keeps one object for each class name: one class for both would be one cache with the other's options.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CacheAdapter, type SyncCacheAdapter, Utils } from '@mikro-orm/core';
import { ROWS, Scope, type ScopeOptions } from './scope.js';

export type MikroOrmCacheOptions = ScopeOptions;

/**
 * `resultCache: { adapter: MapstoneResultCache, options: { path } }`. Values come back as they were: Dates, bigints, Buffers, null.
 * The namespace is `mikro-orm` unless told otherwise.
 */
export class MapstoneResultCache implements CacheAdapter {
  readonly #scope: Scope;
  readonly #expiration: number | undefined;

  constructor({ expiration, ...options }: MikroOrmCacheOptions & { expiration?: number }) {
    this.#scope = new Scope({ objectCache: ROWS, ...options }, 'mikro-orm', { r: true });
    this.#expiration = expiration;
    // Now, so that a file which doesn't open fails `MikroORM.init()`.
    this.#scope.store;
  }

  get<T = any>(name: string): T | undefined {
    return this.#scope.store.get<T>(this.#scope.key('r', name));
  }

  /** `expiration` in ms; without one here and in `resultCache`, it stays. */
  set(name: string, data: any, _origin: string, expiration = this.#expiration): void {
    const key = this.#scope.key('r', name);
    // What MikroORM's own cache reads back as a miss is one here.
    if (data === undefined || (expiration !== undefined && expiration <= 0)) this.#scope.store.delete(key);
    else this.#scope.keep(key, data, expiration === undefined ? undefined : { ttl: expiration });
  }

  remove(name: string): void {
    this.#scope.store.delete(this.#scope.key('r', name));
  }

  clear(): void {
    this.#scope.empty();
  }

  /** By `MikroORM.close()`. The next use opens the file again, since `MikroORM.connect()` says nothing to its caches. */
  close(): void {
    this.#scope.release();
  }
}

/** What is kept of an entity: its metadata as JSON, which drops the functions in it as MikroORM's own cache of files does. */
interface Metadata {
  json: string;
  /** Where its source is, from `baseDir`. */
  origin: string;
  /** Of that source and MikroORM's version. */
  fingerprint: string;
}

/** MikroORM adds these to the options of any metadata cache. */
interface FileCacheOptions {
  cacheDir?: unknown;
  combined?: unknown;
}

/**
 * `metadataCache: { enabled: true, adapter: MapstoneMetadataCache, options: { path } }`. An entry holds until its entity's source, or MikroORM, is another.
 * The namespace is `mikro-orm-metadata` unless told otherwise.
 */
export class MapstoneMetadataCache implements SyncCacheAdapter {
  readonly #scope: Scope;
  readonly #baseDir: string;

  constructor({ cacheDir: _cacheDir, combined: _combined, ...options }: MikroOrmCacheOptions & FileCacheOptions, baseDir: string = process.cwd()) {
    this.#scope = new Scope(options, 'mikro-orm-metadata', { m: true });
    this.#baseDir = baseDir;
    this.#scope.store;
  }

  /** MikroORM 7 says whose metadata it wants: two classes of one name are told apart. */
  get<T = any>(name: string, origin?: string): T | undefined {
    const row = this.#scope.store.get<Metadata>(this.#scope.key('m', name));
    if (row === undefined || (origin !== undefined && resolve(this.#baseDir, origin) !== resolve(this.#baseDir, row.origin))) return undefined;
    return row.fingerprint === this.#fingerprint(row.origin) ? JSON.parse(row.json) : undefined;
  }

  set(name: string, data: any, origin: string): void {
    const json = JSON.stringify(data);
    const fingerprint = this.#fingerprint(origin);
    if (json === undefined || fingerprint === undefined) return this.remove(name);
    this.#scope.keep(this.#scope.key('m', name), { json, origin, fingerprint } satisfies Metadata);
  }

  remove(name: string): void {
    this.#scope.store.delete(this.#scope.key('m', name));
  }

  clear(): void {
    this.#scope.empty();
  }

  close(): void {
    this.#scope.release();
  }

  /** Undefined where there is no such source. */
  #fingerprint(origin: string): string | undefined {
    try {
      const source = readFileSync(resolve(this.#baseDir, origin));
      return createHash('sha256').update(source).update(Utils.getORMVersion()).digest('hex');
    } catch (error) {
      if (['ENOENT', 'EISDIR', 'ENOTDIR', 'ERR_INVALID_ARG_VALUE'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}
