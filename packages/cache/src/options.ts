// The options of a cache and of its calls: read once, checked, with defaults.

import type { StoreOptions } from '@mapstone/engine';
import { bytes, type Duration, milliseconds } from './duration.js';
import { rangeError, typeError } from './errors.js';

/** How long an entry lives, in what a call or the cache was given. */
export interface LifeOptions {
  /** How long it is fresh. Default: the cache's, and without that for ever. */
  ttl?: Duration;
  /** How long after that `getOrSet` still serves it at once, while one process makes a new one. Default 0. */
  stale?: Duration;
  /** How long after its ttl `getOrSet` serves it where no new one can be made. Default 0. */
  staleIfError?: Duration;
}

export interface SetOptions extends LifeOptions {
  /** `invalidateTag` of any of them makes the entry absent. */
  tags?: readonly string[];
}

export interface GetOrSetOptions extends SetOptions {
  /** Keeps `undefined` and `null` too, for so long or, with `true`, for the ttl. Default: the cache's. */
  negative?: Duration | boolean;
  /** Keeps an error for so long: until then calls reject with it. Default: the cache's. */
  errorTtl?: Duration;
  /** How long the caller waits: then it gets the old value, if there is one, or `ERR_CACHE_TIMEOUT`. The load goes on. Default: the cache's. */
  timeout?: Duration;
}

/** The file of a cache: what `openStore` takes, but for what a cache decides itself. */
export interface FileOptions extends Omit<StoreOptions, 'maxSize' | 'readOnly' | 'exclusive' | 'eviction' | 'onEvict' | 'flush'> {
  /** The file; its directory must be there. Caches on one path share it. */
  path: string;
  /** Upper bound of the file: bytes, or '256mb'. Default 256 MiB. */
  maxSize?: number | string;
}

export interface MapstoneCacheOptions extends FileOptions, Omit<GetOrSetOptions, 'tags'> {
  /** Keeps the keys of this cache apart from those of others in the file. Default: none, and then `clear` empties the whole file. */
  namespace?: string;
  /** How long others wait for a process that makes a value, before one of them makes it too. One that died is not waited for. Default 30 s. */
  lease?: Duration;
  /** Shortens each ttl by up to this part of it, so that what was stored together does not expire together. 0 to 1. Default 0. */
  jitter?: number;
  /** Counts hits and misses of up to so many keys, most recent first, for `keyStats`. Default 0. */
  keyStats?: number;
  /** How often this process adds its counts to those of all. Default 10 s. */
  statsInterval?: Duration;
}

/** A life with nothing left open. Milliseconds. */
export interface Life {
  ttl: number;
  stale: number;
  staleIfError: number;
  tags: readonly string[];
}

/** What a load must know besides. */
export interface LoadRules {
  /** How long `undefined` and `null` are kept, but not for longer than the ttl: 0 for not at all, Infinity for as long as that. */
  negative: number;
  errorTtl: number;
  /** Infinity for as long as it takes. */
  timeout: number;
}

export interface Settings {
  path: string;
  namespace: string;
  store: StoreOptions;
  life: Life;
  rules: LoadRules;
  lease: number;
  jitter: number;
  keyStats: number;
  statsInterval: number;
}

/** A Map holds no more. */
const MOST_KEYS = 2 ** 24;
const NO_TAGS: readonly string[] = [];

/** Throws `TypeError` or `RangeError`, `ERR_OPTION_INVALID`; what is the engine's, it checks. */
export function readOptions(options: MapstoneCacheOptions): Settings {
  if (typeof options !== 'object' || options === null) throw typeError('ERR_OPTION_INVALID', 'new MapstoneCache(options): options is an object');
  const { path, namespace = '', ttl, stale, staleIfError, negative, errorTtl, timeout, lease, jitter, keyStats, statsInterval, ...file } = options;
  if (typeof namespace !== 'string' || !namespace.isWellFormed()) throw typeError('ERR_OPTION_INVALID', 'namespace is a well-formed string');
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) throw rangeError(`jitter is a part of the ttl, from 0 to 1, not ${String(jitter)}`);
  if (keyStats !== undefined && !(Number.isInteger(keyStats) && keyStats >= 0 && keyStats <= MOST_KEYS))
    throw rangeError(`keyStats is a number of keys, up to ${MOST_KEYS}, not ${String(keyStats)}`);
  const life = lifeOf({ ttl, stale, staleIfError }, { ttl: Number.POSITIVE_INFINITY, stale: 0, staleIfError: 0, tags: NO_TAGS });
  return {
    path,
    namespace,
    store: storeOptions({ path, ...file }),
    life,
    rules: rulesOf({ negative, errorTtl, timeout }, { negative: 0, errorTtl: 0, timeout: Number.POSITIVE_INFINITY }),
    lease: milliseconds('lease', lease ?? 30_000, 1),
    jitter: jitter ?? 0,
    keyStats: keyStats ?? 0,
    statsInterval: milliseconds('statsInterval', statsInterval ?? 10_000, 1),
  };
}

const NOT_OURS = ['readOnly', 'exclusive', 'eviction', 'onEvict', 'flush'];

/** How the engine is to open the file. */
export function storeOptions({ path, maxSize = 2 ** 28, ...engine }: FileOptions): StoreOptions {
  if (typeof path !== 'string' || path === '') throw typeError('ERR_OPTION_INVALID', 'path is the name of the file, in a directory that is there');
  for (const name of NOT_OURS) if (name in engine) throw typeError('ERR_OPTION_INVALID', `a cache takes no ${name}`);
  return { ...engine, eviction: 's3-fifo', maxSize: bytes('maxSize', maxSize) };
}

export function lifeOf(options: SetOptions, base: Life): Life {
  const { ttl, stale, staleIfError, tags } = options;
  return {
    ttl: ttl === undefined ? base.ttl : milliseconds('ttl', ttl, 1),
    stale: stale === undefined ? base.stale : milliseconds('stale', stale, 0),
    staleIfError: staleIfError === undefined ? base.staleIfError : milliseconds('staleIfError', staleIfError, 0),
    tags: tags === undefined ? base.tags : checkTags(tags),
  };
}

export function rulesOf({ negative, errorTtl, timeout }: GetOrSetOptions, base: LoadRules): LoadRules {
  return {
    negative:
      negative === undefined ? base.negative : negative === true ? Number.POSITIVE_INFINITY : negative === false ? 0 : milliseconds('negative', negative, 0),
    errorTtl: errorTtl === undefined ? base.errorTtl : milliseconds('errorTtl', errorTtl, 0),
    timeout: timeout === undefined ? base.timeout : milliseconds('timeout', timeout, 0),
  };
}

function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string' || tag === '')) {
    throw typeError('ERR_OPTION_INVALID', 'tags is an array of strings, none of them empty');
  }
  return [...new Set(tags)];
}

const CALL_OPTIONS = new Set(['ttl', 'stale', 'staleIfError', 'tags', 'negative', 'errorTtl', 'timeout']);

/** The options of a call: a ttl alone, or an object. A name that is misspelt would else be a ttl that is not there. */
export function callOptions<Options extends SetOptions>(given: Duration | Options | undefined): Options {
  if (given === undefined) return {} as Options;
  if (typeof given === 'number' || typeof given === 'string') return { ttl: given } as Options;
  if (typeof given !== 'object' || given === null)
    throw typeError('ERR_OPTION_INVALID', `options are a ttl, or an object like { ttl: '5m' }, not ${String(given)}`);
  for (const name in given)
    if (!CALL_OPTIONS.has(name)) throw typeError('ERR_OPTION_INVALID', `no call takes ${name}: there are ${[...CALL_OPTIONS].join(', ')}`);
  return given;
}

export function list<Item>(call: string, given: readonly Item[]): readonly Item[] {
  if (!Array.isArray(given)) throw typeError('ERR_OPTION_INVALID', `${call} takes an array, not ${typeof given}`);
  return given;
}
