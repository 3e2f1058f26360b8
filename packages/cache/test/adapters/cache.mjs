// The cache as the conformance suite opens it, here and in a second process.
import { MapstoneCache } from '@mapstone/cache';

export function open(path, { maxSize = 2 ** 30, flush: _flush, ...options } = {}) {
  const cache = new MapstoneCache({ path, namespace: 'conformance', maxSize, ...options });
  return {
    get: (key) => cache.get(key),
    set: (key, value, ttl) => cache.set(key, value, ttl),
    delete: (key) => cache.delete(key),
    has: (key) => cache.has(key),
    clear: () => cache.clear(),
    close: () => cache.close(),
  };
}
