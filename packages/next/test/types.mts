// Read by the compiler only: what is made here is what Next's declarations ask for.
import { createCacheHandler, createUseCacheHandler } from '@mapstone/next';
import type { CacheHandler as UseCacheHandler } from 'next/dist/server/lib/cache-handlers/types.js';
import type { CacheHandler } from 'next/dist/server/lib/incremental-cache/index.js';

export const cacheHandler: typeof CacheHandler = createCacheHandler();
export const useCacheHandler: UseCacheHandler = createUseCacheHandler();
