// The public names of @mapstone/cache.
export { closeAll, type Usage } from '@mapstone/engine';
export { MapstoneCache, type SetManyItem } from './cache.js';
export type { Counters } from './counters.js';
export type { Duration } from './duration.js';
export { CacheError, type CacheErrorCode } from './errors.js';
export type { CacheStats } from './metrics.js';
export type { GetOrSetOptions, LifeOptions, MapstoneCacheOptions, SetOptions } from './options.js';
export type { CacheEvents, KeyStats } from './report.js';
export type { WrapOptions } from './wrap.js';
