// The engine itself, in a second process.
import { openStore } from '@mapstone/engine';

export function open(path, options) {
  const store = openStore(path, { flush: 'manual', ...options });
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl === undefined ? undefined : { ttl }),
    delete: (key) => store.delete(key),
    has: (key) => store.has(key),
    keys: () => store.keys(),
    clear: () => store.clear(),
    close: () => store.close(),
  };
}
