// Runs one row in a thread of its own, so that the terminal's thread can show progress, and say stop, while the row never leaves its loop.
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { rows } = await import('./rows/index.ts');
const { id, seed, size, replay, earlier, untilFirst, shared } = workerData;
parentPort.postMessage('loaded');
const row = rows.find((one) => one.id === id);
const counters = new Float64Array(shared, 8);
const flags = new Int32Array(shared, 0, 2);
const context = {
  seed,
  size,
  earlier,
  untilFirst,
  done(cases) {
    counters[0] = cases;
  },
  stopped: () => Atomics.load(flags, 0) !== 0,
};
parentPort.postMessage(replay === undefined ? await row.run(context) : await row.replay(replay));
