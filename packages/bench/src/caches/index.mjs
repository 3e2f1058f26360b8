// The caches that suites `hit-ratio` and `ttl` compare. A cache is loaded in the child that measures it and nowhere else.
// `open(options)` gives { get, set(key, value, ttl?), held?, close?, serverPid?, about? }, or { request } for a simulator, which holds no values.

/**
 * @typedef {object} Cache
 * @property {string} name   what `--only` takes
 * @property {string} label  what the tables say
 * @property {string} file   module in this folder
 * @property {boolean} [async] its calls are awaited
 */

/** @type {Cache[]} */
export const CACHES = [
  { name: 's3-fifo', label: 'S3-FIFO of objects, simulated', file: 'simulated', variant: 's3-fifo' },
  { name: 'lru', label: 'LRU of objects, simulated', file: 'simulated', variant: 'lru' },
  { name: 'engine', label: 'mapstone', file: 'engine' },
  { name: 'lru-cache', label: 'lru-cache', file: 'lru-cache' },
  { name: 'lru-cache-autopurge', label: 'lru-cache, ttlAutopurge', file: 'lru-cache', variant: 'autopurge' },
  { name: 'cacheable-memory', label: 'CacheableMemory', file: 'cacheable', variant: 'memory' },
  { name: 'cacheable', label: 'Cacheable over memory', file: 'cacheable', variant: 'tiers', async: true },
  { name: 'cacheable-redis', label: 'Cacheable over Redis', file: 'cacheable', variant: 'redis', async: true },
  { name: 'node-cache', label: 'node-cache', file: 'node-cache' },
];

export function cacheByName(name) {
  const found = CACHES.find((cache) => cache.name === name);
  if (!found) throw new TypeError(`no cache is called ${name}: ${CACHES.map((cache) => cache.name).join(', ')}`);
  return found;
}

/** @param {{ dir: string, capacity?: number, entries?: number }} options capacity: bytes of values; entries: as many of mean size as fill it */
export async function loadCache(name) {
  const { file, variant, async } = cacheByName(name);
  const { open } = await import(`./${file}.mjs`);
  return { async, open: (options) => open(options, variant) };
}
