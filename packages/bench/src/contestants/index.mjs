// Who takes part. A contestant is loaded in the child that measures it and nowhere else.
// `open(dir)` gives { get, set, delete, batch?, close?, about? }; plain closures for all, so that the harness calls all alike.

/**
 * @typedef {object} Contestant
 * @property {string} name        what `--only` takes
 * @property {string} label       what the tables say
 * @property {string} file        module in this folder
 * @property {number} weight      seconds beside a Map's, for the first estimate of the time left
 * @property {number} [slow]      the most runs at a million keys
 * @property {boolean} [private]   each process has its own, and fills it itself: what the machine gives to processes that have nothing to do with each other
 */

/** @type {Contestant[]} */
export const CONTESTANTS = [
  { name: 'map', label: 'Map', file: 'map', weight: 1 },
  { name: 'map-each', label: 'a Map each, nothing shared', file: 'map', weight: 1, private: true },
  { name: 'engine-mmap', label: 'mapstone, mmap-io', file: 'engine', variant: 'mmap-io', weight: 1.2 },
  { name: 'engine-koffi', label: 'mapstone, koffi', file: 'engine', variant: 'koffi', weight: 1.2 },
  { name: 'engine-memory', label: 'mapstone, memory', file: 'engine', variant: 'memory', weight: 1.2 },
  { name: 'lmdb', label: 'lmdb, noSync', file: 'lmdb', weight: 10, slow: 3 },
  { name: 'lmdb-tx', label: 'lmdb, 1000 per tx', file: 'lmdb', variant: 'tx', weight: 5, slow: 3 },
  { name: 'sqlite', label: 'sqlite, autocommit', file: 'sqlite', weight: 40, slow: 1 },
  { name: 'sqlite-tx', label: 'sqlite, 1000 per tx', file: 'sqlite', variant: 'tx', weight: 10, slow: 3 },
  { name: 'engine-mmap-always', label: 'mapstone, mmap-io', file: 'engine', variant: 'mmap-io+always', weight: 10 },
  { name: 'engine-koffi-always', label: 'mapstone, koffi', file: 'engine', variant: 'koffi+always', weight: 10 },
  { name: 'engine-mmap-exclusive', label: 'mapstone, exclusive', file: 'engine', variant: 'mmap-io+exclusive', weight: 1.2 },
  { name: 'engine-mmap-objects', label: 'mapstone, object cache', file: 'engine', variant: 'mmap-io+objects', weight: 1.2 },
  { name: 'lmdb-objects', label: 'lmdb, structured, cache', file: 'lmdb', variant: 'objects', weight: 5 },
  { name: 'lmdb-validated', label: 'lmdb, structured, validated cache', file: 'lmdb', variant: 'validated', weight: 8 },
  { name: 'lmdb-structured', label: 'lmdb, structured', file: 'lmdb', variant: 'structured', weight: 8 },
  { name: 'redis', label: 'redis, loopback', file: 'redis', weight: 40, async: true },
  { name: 'lmdb-sync', label: 'lmdb, putSync', file: 'lmdb', variant: 'sync', weight: 10 },
  { name: 'sqlite-full', label: 'sqlite, synchronous FULL', file: 'sqlite', variant: 'full', weight: 10 },
  { name: 'keyv-map', label: 'Keyv on Map', file: 'keyv', variant: 'map', weight: 2, async: true },
  { name: 'keyv-map-raw', label: 'Keyv on Map, no serializer', file: 'keyv', variant: 'map-raw', weight: 2, async: true },
  { name: 'keyv-mmap', label: 'Keyv on mapstone, mmap-io', file: 'keyv', variant: 'mmap-io', weight: 2, async: true },
  { name: 'keyv-koffi', label: 'Keyv on mapstone, koffi', file: 'keyv', variant: 'koffi', weight: 2, async: true },
  { name: 'keyv6-map', label: 'Keyv 6 on Map', file: 'keyv', variant: 'map 6', weight: 3, async: true },
  { name: 'keyv6-map-raw', label: 'Keyv 6 on Map, no serializer', file: 'keyv', variant: 'map-raw 6', weight: 3, async: true },
  { name: 'keyv6-mmap', label: 'Keyv 6 on mapstone, mmap-io', file: 'keyv', variant: 'mmap-io 6', weight: 3, async: true },
  { name: 'keyv6-koffi', label: 'Keyv 6 on mapstone, koffi', file: 'keyv', variant: 'koffi 6', weight: 3, async: true },
  { name: 'keyv-lmdb', label: 'Keyv on lmdb', file: 'keyv', variant: 'lmdb', weight: 4, async: true },
];

export function byName(name) {
  const found = CONTESTANTS.find((contestant) => contestant.name === name);
  if (!found) throw new TypeError(`no contestant is called ${name}: ${CONTESTANTS.map((c) => c.name).join(', ')}`);
  return found;
}

/** Starts the server that a contestant needs, for all stores in a folder; what it returns ends it. */
export async function serverOf(name, folder) {
  const { serve } = name === 'redis' ? await import('./redis.mjs') : {};
  return serve?.(folder);
}

export async function load(name) {
  const { file, variant, async, private: isPrivate } = byName(name);
  const { open } = await import(`./${file}.mjs`);
  return { async, isPrivate, open: (dir) => open(dir, variant) };
}
