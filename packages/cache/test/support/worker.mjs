// A process with a cache, for processes.test.ts. Its loads append their key to a file, so that calls are counted whatever becomes of who made them.
import { appendFileSync } from 'node:fs';
import { serve } from '../../../../test/support/other-process.mjs';
import { MapstoneCache } from '../../dist/index.js';

const [path, log] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const errors = [];
let cache;

/** A load that takes `ms`, and ends as it is told. */
const load =
  (key, { ms = 0, value = `made by ${process.pid}`, error, forever = false } = {}) =>
  async () => {
    appendFileSync(log, `${key}\n`);
    if (forever) await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    await sleep(ms);
    if (error) throw Object.assign(new RangeError(error), { code: 'E_LOAD' });
    return value;
  };

serve({
  open(options) {
    cache = new MapstoneCache({ path, maxSize: '32mb', ...options });
    cache.on('error', (error) => errors.push(error.message));
  },
  getOrSet: async (key, how, options) =>
    cache.getOrSet(key, load(key, how), options).catch((error) => ({ rejected: error.message, code: error.code, name: error.name })),
  /** All keys at once; gives the values. */
  storm: async (keys, how, options) => Promise.all(keys.map((key) => cache.getOrSet(key, load(key, how), options))),
  call: (method, ...args) => cache[method](...args),
  stats: () => cache.stats(),
  check: () => cache.engine.check(),
  errors: () => errors,
});
