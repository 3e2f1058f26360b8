// A process that works on a cache until it is killed: `node writer.mjs <path> <mapping> <seed>`. Says a word once it has written; ends by itself if it reads a wrong value.
import { writeSync } from 'node:fs';
import { openStore } from '../../dist/index.js';

const [path, mapping, seed] = process.argv.slice(2);
const cache = openStore(path, { eviction: 's3-fifo', maxSize: 2 ** 20, segmentSize: 4096, sweepInterval: 20, ...(mapping && { mapping }) });
let state = Number(seed);
const next = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
for (let i = 0; ; i++) {
  const key = `key ${Math.floor(10_000 * next() ** 2)}`;
  const value = () => `${key}|${seed}|${i}`.padEnd(Math.floor(next() * (next() < 0.02 ? 9000 : 300)), 'x');
  const what = next();
  if (what < 0.5) cache.set(key, value(), next() < 0.3 ? { ttl: 1 + 200 * next() } : undefined);
  else if (what < 0.55) cache.delete(key);
  else if (what < 0.6)
    cache.setMany([
      { key, value: value() },
      { key: 'shared', value: `shared|${seed}|${i}` },
    ]);
  else {
    const found = cache.get(key);
    if (found !== undefined && !found.startsWith(`${key}|`)) throw new Error(`${key} has ${found}`);
  }
  if (i === 2000) writeSync(1, 'wrote');
  if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}
