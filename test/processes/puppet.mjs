// A process that does what the test says: each message is code to run, with `my.store`, `my.path` and `my.openStore` in reach; the answer is what it returned or threw. Started by puppets.ts.
import { openStore } from '../../packages/engine/dist/index.js';

const AsyncFunction = (async () => {}).constructor;
const my = { openStore, path: process.argv[2], store: undefined };

process.on('message', async ({ id, code }) => {
  try {
    const value = await new AsyncFunction('my', code)(my);
    process.send({ id, value });
  } catch (error) {
    process.send({ id, error: { message: error.message, code: error.code } });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
