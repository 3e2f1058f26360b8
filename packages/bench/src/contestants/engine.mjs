// The engine with its defaults; only the mapping is forced, and checked, so that no fallback passes for another.
// `<mapping>+always`: every write is durable before it returns.
import { join } from 'node:path';
import { openStore } from '@mapstone/engine';

export function open(dir, variant) {
  const [mapping, flush] = variant.split('+');
  const store = openStore(join(dir, 'bench.mapstone'), flush ? { mapping, flush } : { mapping });
  const { mapping: inUse } = store.stats();
  if (inUse !== mapping) throw new Error(`asked for ${mapping}, got ${inUse}`);
  return {
    get: (key) => store.get(key),
    set: (key, value) => store.set(key, value),
    delete: (key) => store.delete(key),
    close() {
      store.flushSync();
      store.close();
    },
    about: { mapping: inUse },
  };
}
