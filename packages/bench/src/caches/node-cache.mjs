// node-cache: bounded in keys, evicts nothing (a full one refuses), looks for expired entries as often as the engine does.
import NodeCache from 'node-cache';

const CHECK_MS = 10_000;

export function open({ entries = -1, sweepMs = CHECK_MS }) {
  const cache = new NodeCache({ maxKeys: entries, useClones: false, checkperiod: sweepMs / 1000 });
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
