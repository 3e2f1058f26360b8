// The public names of @mapstone/next.
export { createCacheHandler } from './cache-handler.js';
export type { CacheControl, CacheEntry, CacheHandlerValue, TagDurations } from './contract.js';
export type { NextCacheOptions } from './options.js';
export { createUseCacheHandler } from './use-cache-handler.js';
