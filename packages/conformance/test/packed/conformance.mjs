// The suite over the engine, one test after the other, without a runner.

import { conformance } from '@mapstone/conformance';
import { openStore } from '@mapstone/engine';

const cases = [];
let mapping = '';
conformance({
  test: (...entry) => cases.push(entry),
  open: (path, options) => {
    const store = openStore(path, options);
    ({ mapping } = store.stats());
    const set = (key, value, ttl) => store.set(key, value, ttl === undefined ? undefined : { ttl });
    return {
      set,
      get: (key) => store.get(key),
      has: (key) => store.has(key),
      delete: (key) => store.delete(key),
      keys: () => store.keys(),
      clear: () => store.clear(),
      close: () => store.close(),
    };
  },
});
for (const [name, run] of cases) await run().catch((cause) => Promise.reject(new Error(name, { cause })));
console.log(`ran over ${mapping}`);
