// ISR pages, route handlers and fetches: for `cacheHandler` in next.config.mjs.
import { createCacheHandler } from '@mapstone/next';

export default createCacheHandler({ path: process.env.MAPSTONE_PATH, maxSize: Number(process.env.MAPSTONE_SIZE ?? 256 * 2 ** 20) });
