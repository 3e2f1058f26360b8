// A thread that changes words of a file between two stores of a version, for load-order.test.ts. Ends when word 1 says so.
import { workerData } from 'node:worker_threads';
import { chooseMapping } from '../../packages/engine/dist/mapping/choose.js';

const { words } = chooseMapping(workerData.kind).open(workerData.path, { readOnly: false }).map(0, 4096);
for (let n = 1; Atomics.load(words, 1) === 0; n++) {
  Atomics.store(words, 0, 2 * n - 1);
  for (let i = 2; i < 18; i++) words[i] = n;
  Atomics.store(words, 0, 2 * n);
}
