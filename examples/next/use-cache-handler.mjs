// 'use cache': for `cacheHandlers` in next.config.mjs. The same file as the other handler's.
import { createUseCacheHandler } from '@mapstone/next';

export default createUseCacheHandler({ path: process.env.MAPSTONE_PATH, maxSize: Number(process.env.MAPSTONE_SIZE ?? 256 * 2 ** 20) });
