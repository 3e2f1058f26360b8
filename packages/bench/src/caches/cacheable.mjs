// cacheable 2: its memory store alone (bounded in entries, LRU), and `Cacheable` with one tier: its default memory, or Redis on loopback.
// The memory alone looks for expired entries as often as the engine does; in `Cacheable` it does not, unless asked to.
import { Cacheable, CacheableMemory } from 'cacheable';
import { serveRedis } from '../redis-server.mjs';

const CHECK_MS = 10_000;

function overMemory({ entries, sweepMs = CHECK_MS }) {
  const store = new CacheableMemory({ lruSize: entries, useClone: false, checkInterval: sweepMs });
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl),
    held: () => ({ entries: store.size }),
    close: () => store.stopIntervalCheck(),
  };
}

function overCacheable() {
  const cache = new Cacheable();
  // Keyv over its adapter over the memory.
  const { store: held } = cache.primary.store;
  return {
    get: (key) => cache.get(key),
    set: (key, value, ttl) => cache.set(key, value, ttl),
    held: () => ({ entries: held.size }),
    close: () => cache.disconnect(),
  };
}

/** A server of its own that evicts what was used least recently once its data take `capacity` bytes. */
async function overRedis({ dir, capacity }) {
  const { default: KeyvRedis } = await import('@keyv/redis');
  const { port, pid, stop } = await serveRedis(dir, { evictAbove: capacity });
  const redis = new KeyvRedis(`redis://127.0.0.1:${port}`);
  const cache = new Cacheable({ primary: redis });
  return {
    get: (key) => cache.get(key),
    set: (key, value, ttl) => cache.set(key, value, ttl),
    async held() {
      const client = await redis.getClient();
      const used = /used_memory:(\d+)/.exec(await client.info('memory'));
      return { entries: await client.dbSize(), server: Number(used?.[1]) };
    },
    async close() {
      await cache.disconnect();
      stop();
    },
    serverPid: pid,
  };
}

const KINDS = { memory: overMemory, tiers: overCacheable, redis: overRedis };

export const open = (options, variant) => KINDS[variant](options);
