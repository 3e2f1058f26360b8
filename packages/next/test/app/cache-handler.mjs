import { createCacheHandler } from '@mapstone/next';

export default createCacheHandler({ path: process.env.MAPSTONE_PATH, maxSize: Number(process.env.MAPSTONE_SIZE) || undefined });
