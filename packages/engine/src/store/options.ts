// The options of a store: read once, checked, with defaults.

import { rangeError, typeError } from '../errors.js';
import * as L from '../layout.js';
import { chooseMapping } from '../mapping/choose.js';
import type { Mapping } from '../mapping/mapping.js';
import type { OnEvict } from '../upkeep/evictor.js';
import type { OnRecovery } from '../upkeep/verify.js';
import type { Environment } from './core.js';
import type { CachedTypes, CachedValues, ObjectCacheSettings } from './object-cache.js';

/** When writes are made durable: every so many milliseconds, only when asked, or before each write returns. */
export type FlushPolicy = { every: number } | 'manual' | 'always';

export interface StoreOptions {
  /** Upper bound of the file, bytes. Default and most: 64 GiB. */
  maxSize?: number;
  /** Bytes per segment, a power of two from 4 KiB to 16 MiB; chosen when the file is created. Default 1 MiB. */
  segmentSize?: number;
  /** Checks the checksum of every record read, and of the index of a file that was closed cleanly. Default false: then a damaged byte inside a plain value is found by `check()` only. */
  verifyReads?: boolean;
  /** Default `{ every: 1000 }`. */
  flush?: FlushPolicy;
  /** Forces how the file is mapped; `memory` keeps everything in this thread's memory, on any platform. Default: mmap-io where it loads, else koffi. */
  mapping?: 'mmap-io' | 'koffi' | 'memory';
  /** Permissions of a file that is created, from 0o600 to 0o777, less the umask. Default 0o600: its owner's alone. */
  mode?: number;
  /** `none`: a store keeps everything. `s3-fifo`: a cache of `maxSize` bytes, which must be given; it evicts what is read least, and is empty after a power cut. */
  eviction?: 'none' | 's3-fifo';
  /** Of a cache: most entries. Default: as many as fit. */
  maxEntries?: number;
  /** Of a cache: milliseconds between two sweeps, which remove what has expired and free its space, at most; down to a tenth while much expires. Default 10,000. */
  sweepInterval?: number;
  /** Of a cache: called in the process that evicts an entry or removes an expired one, soon after. */
  onEvict?: OnEvict;
  /** Never writes a byte. Default false. */
  readOnly?: boolean;
  /** Called as a recovery that reads the log goes on. */
  onRecovery?: OnRecovery;
  /** No other process or thread may have the file open. Default false: any number may. */
  exclusive?: boolean;
  /** Milliseconds that an operation waits for another process, before `ERR_STORE_BUSY`. Default 5000. */
  busyTimeout?: number;
  /**
   * Keeps decoded objects in this thread's heap, never stale: up to `maxEntries`, or of `maxBytes` as they are stored, or both. `values`: whose they are, default
   * `shared`. `types`: what is kept, `objects` (default), `strings`, of which reading one from the file costs less, or `all` of both. Each handle has its own.
   */
  objectCache?: { maxEntries?: number | undefined; maxBytes?: number | undefined; values?: CachedValues; types?: CachedTypes };
}

/** Options with nothing left open. */
export interface Settings {
  maxSize: number;
  segmentShift: number;
  verifyReads: boolean;
  flush: FlushPolicy;
  mapping: Mapping;
  mode: number;
  readOnly: boolean;
  onRecovery: OnRecovery | undefined;
  exclusive: boolean;
  busyTimeout: number;
  objectCache: ObjectCacheSettings | undefined;
  /** Undefined for a store. */
  cache: { maxEntries: number; sweepInterval: number; onEvict: OnEvict | undefined } | undefined;
  environment: Environment;
}

const KNOWN = new Set([
  'maxSize',
  'segmentSize',
  'verifyReads',
  'flush',
  'mapping',
  'mode',
  'eviction',
  'maxEntries',
  'sweepInterval',
  'onEvict',
  'readOnly',
  'onRecovery',
  'exclusive',
  'busyTimeout',
  'objectCache',
]);

const MAPPINGS = new Set(['mmap-io', 'koffi', 'memory']);

/** Checks options. Throws `TypeError` or `RangeError` with `ERR_OPTION_INVALID`, or `ERR_PLATFORM_UNSUPPORTED`. */
export function readOptions(options: StoreOptions, environment: Environment, mapping?: Mapping): Settings {
  if (typeof options !== 'object' || options === null) throw typeError('ERR_OPTION_INVALID', 'openStore(path, options): options is an object');
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name)) throw typeError('ERR_OPTION_INVALID', `openStore has no option '${name}'; it has ${[...KNOWN].join(', ')}`);
  }
  const cache = checkCache(options);
  const { maxSize = L.MAX_DATA_BYTES, mode = 0o600, flush = cache ? 'manual' : { every: 1000 } } = options;
  const { segmentSize = cache ? cacheSegmentSize(maxSize) : 2 ** L.DEFAULT_SEGMENT_SHIFT } = options;
  const segmentShift = typeof segmentSize === 'number' ? Math.log2(segmentSize) : Number.NaN;
  if (!Number.isInteger(segmentShift) || segmentShift < L.MIN_SEGMENT_SHIFT || segmentShift > L.MAX_SEGMENT_SHIFT) {
    throw rangeError(
      'ERR_OPTION_INVALID',
      `segmentSize is a power of two from ${2 ** L.MIN_SEGMENT_SHIFT} to ${2 ** L.MAX_SEGMENT_SHIFT} bytes, not ${String(segmentSize)}`,
    );
  }
  if (typeof maxSize !== 'number') throw rangeError('ERR_OPTION_INVALID', `maxSize is a number of bytes, not ${String(maxSize)}`);
  if (typeof mode !== 'number' || !Number.isInteger(mode) || mode < 0o600 || mode > 0o777) {
    throw rangeError('ERR_OPTION_INVALID', `mode is a number from 0o600 (its owner reads and writes) to 0o777, not ${String(mode)}`);
  }
  if (options.mapping !== undefined && !MAPPINGS.has(options.mapping)) {
    throw rangeError('ERR_OPTION_INVALID', `mapping is one of ${[...MAPPINGS].join(', ')}, not ${String(options.mapping)}`);
  }
  for (const name of ['verifyReads', 'readOnly', 'exclusive'] as const) checkType(name, options[name], 'boolean');
  checkType('onRecovery', options.onRecovery, 'function');
  return {
    maxSize,
    segmentShift,
    verifyReads: options.verifyReads ?? false,
    flush: checkFlush(flush),
    mapping: mapping ?? chooseMapping(options.mapping),
    mode,
    readOnly: options.readOnly ?? false,
    onRecovery: options.onRecovery,
    exclusive: checkExclusive(options),
    busyTimeout: checkTimeout(options.busyTimeout ?? 5000),
    objectCache: checkObjectCache(options.objectCache),
    cache,
    environment,
  };
}

/** Throws a RangeError, naming the smallest size, unless `maxSize` holds enough segments. */
export function checkMaxSize(maxSize: number, segmentSize: number): void {
  const smallest = L.MIN_SEGMENTS * segmentSize;
  if (maxSize >= smallest && maxSize <= L.MAX_DATA_BYTES) return;
  throw rangeError(
    'ERR_OPTION_INVALID',
    `maxSize is at least ${smallest} bytes (${L.MIN_SEGMENTS} segments of ${segmentSize}) and at most ${L.MAX_DATA_BYTES}, not ${maxSize}`,
  );
}

function checkType(name: string, value: unknown, type: string): void {
  if (value !== undefined && typeof value !== type) throw typeError('ERR_OPTION_INVALID', `${name} is a ${type}, not ${String(value)}`);
}

function checkExclusive({ exclusive = false, readOnly = false }: StoreOptions): boolean {
  if (exclusive && readOnly) throw typeError('ERR_OPTION_INVALID', 'exclusive and readOnly can not both be true: who only reads keeps nobody out');
  return exclusive;
}

function checkTimeout(ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= 2 ** 31 - 1) return ms;
  throw rangeError('ERR_OPTION_INVALID', `busyTimeout is 0 to 2147483647 ms, not ${String(ms)}`);
}

const CACHE_OPTIONS = ['maxEntries', 'sweepInterval', 'onEvict'] as const;

function checkCache(options: StoreOptions): Settings['cache'] {
  const { eviction = 'none', maxEntries = Number.POSITIVE_INFINITY, sweepInterval = 10_000, onEvict } = options;
  if (eviction !== 'none' && eviction !== 's3-fifo') throw rangeError('ERR_OPTION_INVALID', `eviction is 'none' or 's3-fifo', not ${String(eviction)}`);
  if (eviction === 'none') {
    const wrong = CACHE_OPTIONS.find((name) => options[name] !== undefined);
    if (wrong !== undefined) throw typeError('ERR_OPTION_INVALID', `${wrong} is for a cache: give eviction: 's3-fifo' and maxSize too`);
    return undefined;
  }
  // Who only reads need not know how large the cache may become.
  if (options.maxSize === undefined && options.readOnly !== true) throw typeError('ERR_OPTION_INVALID', "eviction: 's3-fifo' needs a maxSize, in bytes");
  if (options.flush !== undefined && options.flush !== 'manual')
    throw typeError('ERR_OPTION_INVALID', 'flush is for a store: a cache survives its processes, and is empty after a power cut');
  if (!(maxEntries === Number.POSITIVE_INFINITY || (Number.isInteger(maxEntries) && maxEntries >= 1))) {
    throw rangeError('ERR_OPTION_INVALID', `maxEntries is an integer of at least 1, not ${String(maxEntries)}`);
  }
  if (!(typeof sweepInterval === 'number' && sweepInterval >= 1 && sweepInterval <= 2 ** 31 - 1)) {
    throw rangeError('ERR_OPTION_INVALID', `sweepInterval is 1 to 2147483647 ms, not ${String(sweepInterval)}`);
  }
  checkType('onEvict', onEvict, 'function');
  return { maxEntries, sweepInterval, onEvict };
}

/** The power of two nearest to a 256th of `maxSize`, from 64 KiB up. */
function cacheSegmentSize(maxSize: number): number {
  const shift = Math.round(Math.log2(maxSize / 256));
  return 2 ** Math.min(Math.max(shift, 16), L.MAX_SEGMENT_SHIFT);
}

const VALUES = ['shared', 'frozen', 'cloned'];
const TYPES = ['objects', 'strings', 'all'];

function checkObjectCache(cache: StoreOptions['objectCache']): Settings['objectCache'] {
  if (cache === undefined) return undefined;
  const { maxEntries, maxBytes, values = 'shared', types = 'objects' } = cache ?? {};
  const bounds = [maxEntries, maxBytes].filter((bound) => bound !== undefined);
  if (bounds.length === 0 || !bounds.every((bound) => Number.isInteger(bound) && bound >= 1)) {
    const given = maxBytes === undefined ? maxEntries : maxBytes;
    throw rangeError(
      'ERR_OPTION_INVALID',
      `objectCache is { maxEntries?, maxBytes?, values?, types? } with one or both of them, of at least 1, not ${String(given)}`,
    );
  }
  if (!VALUES.includes(values)) throw rangeError('ERR_OPTION_INVALID', `objectCache.values is one of ${VALUES.join(', ')}, not ${String(values)}`);
  if (!TYPES.includes(types)) throw rangeError('ERR_OPTION_INVALID', `objectCache.types is one of ${TYPES.join(', ')}, not ${String(types)}`);
  return { maxEntries: maxEntries ?? Number.POSITIVE_INFINITY, maxBytes: maxBytes ?? Number.POSITIVE_INFINITY, values, types };
}

function checkFlush(flush: FlushPolicy): FlushPolicy {
  if (flush === 'manual' || flush === 'always') return flush;
  const every = (flush as { every?: unknown } | null)?.every;
  if (typeof every === 'number' && every >= 1 && every <= 2 ** 31 - 1) return { every };
  throw rangeError('ERR_OPTION_INVALID', "flush is 'manual', 'always', or { every: ms } with 1 to 2147483647 ms");
}
