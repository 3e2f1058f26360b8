// Keyv over the built package, in a second process.
import { createKeyv } from '@mapstone/keyv';

export function open(path, options) {
  const keyv = createKeyv({ path, ...options }, { throwOnErrors: true });
  return {
    get: (key) => keyv.get(key),
    set: (key, value, ttl) => keyv.set(key, value, ttl),
    delete: (key) => keyv.delete(key),
    clear: () => keyv.clear(),
  };
}
