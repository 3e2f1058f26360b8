// A writer to be killed: says after every operation, by one byte, that it has returned. `node writer.mjs <path> <mapping> <seed> [<prefix of its keys>]`.
import { writeSync } from 'node:fs';
import { openStore } from '../../../packages/engine/dist/index.js';
import { operations, perform } from './operations.mjs';

// Ctrl-C reaches all processes of a terminal; how this one ends is for its parent to say.
process.on('SIGINT', () => {});
const [path, mapping, seed, prefix] = process.argv.slice(2);
const store = openStore(path, { mapping, segmentSize: 4096, flush: { every: 5 } });
let count = 0;
for (const operation of operations(seed, prefix)) {
  perform(store, operation);
  // Written at once: what was said has returned, and at most one operation has returned unsaid.
  writeSync(1, '.');
  // A turn for the flush timer now and then.
  if (++count % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
}
