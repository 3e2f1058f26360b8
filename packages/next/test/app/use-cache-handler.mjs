import { createUseCacheHandler } from '@mapstone/next';

export default createUseCacheHandler({ path: process.env.MAPSTONE_PATH, maxSize: Number(process.env.MAPSTONE_SIZE) || undefined });
