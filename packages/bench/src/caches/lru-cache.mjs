// lru-cache, bounded in bytes of values. Expired entries leave when they are asked for, or by a timer each with `ttlAutopurge`.
import { LRUCache } from 'lru-cache';

export function open({ capacity }, variant) {
  const cache = new LRUCache({ maxSize: capacity, sizeCalculation: (value) => value.length, ttlAutopurge: variant === 'autopurge' });
  return {
    get: (key) => cache.get(key),
    set: (key, value, ttl) => cache.set(key, value, ttl === undefined ? undefined : { ttl }),
    held: () => ({ entries: cache.size }),
    close: () => cache.clear(),
  };
}
