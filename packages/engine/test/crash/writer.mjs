// A writer to be killed: says after every operation that it has returned. Run by processes.test.ts.
import { writeSync } from 'node:fs';
import { openStore } from '../../dist/index.js';
import { operations } from './operations.mjs';

const [path, mapping, seed] = process.argv.slice(2);
const store = openStore(path, { mapping, segmentSize: 4096, flush: { every: 5 } });
let count = 0;
for (const { sets, deletes } of operations(seed)) {
  if (deletes !== undefined) store.delete(deletes);
  else if (sets.length === 1) store.set(sets[0].key, sets[0].value);
  else store.setMany(sets);
  // One byte each, written at once: what was said has returned, and at most one operation has returned unsaid.
  writeSync(1, '.');
  // A turn for the flush timer now and then.
  if (++count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
}
