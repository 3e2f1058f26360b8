import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export default {
  cacheHandler: at('./cache-handler.mjs'),
  cacheHandlers: { default: at('./use-cache-handler.mjs') },
  // Next's own memory cache would answer before the handler.
  cacheMaxMemorySize: 0,
  // Optimized images go through the handler as well.
  images: { customCacheHandler: true },
  experimental: { useCache: true },
  // The packages are linked from the repository this app lies in.
  turbopack: { root: at('../..') },
};
