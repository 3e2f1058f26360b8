// The engine with its defaults; only the mapping is forced, and checked, so that no fallback passes for another.
// `<mapping>+always`: every write is durable before it returns; `+exclusive`: no other process may open it; `+objects`: decoded objects stay in the heap.
import { join } from 'node:path';
import { openStore } from '@mapstone/engine';

const KINDS = {
  always: { flush: 'always' },
  exclusive: { exclusive: true },
  objects: { objectCache: { maxEntries: 100_000 } },
};

export function open(dir, variant) {
  const [mapping, kind] = variant.split('+');
  // A writer that never rests dirties more than a slow disk takes: the flush that it waits for can be longer than the default.
  const store = openStore(join(dir, 'bench.mapstone'), { mapping, busyTimeout: 60_000, ...KINDS[kind] });
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
