// node-cache: bounded in keys, evicts nothing (a full one refuses), looks for expired entries each 10 s.
import NodeCache from 'node-cache';

const CHECK_S = 10;

export function open({ entries = -1 }) {
  const cache = new NodeCache({ maxKeys: entries, useClones: false, checkperiod: CHECK_S });
  return {
    get: (key) => cache.get(key),
    set(key, value, ttl) {
      try {
        cache.set(key, value, ttl === undefined ? 0 : ttl / 1000);
      } catch (error) {
        if (error.errorcode !== 'ECACHEFULL') throw error;
      }
    },
    held: () => ({ entries: cache.getStats().keys }),
    close: () => cache.close(),
  };
}
