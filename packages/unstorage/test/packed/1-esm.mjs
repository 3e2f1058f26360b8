import assert from 'node:assert/strict';
import mapstone from '@mapstone/unstorage';
import { createStorage } from 'unstorage';

const storage = createStorage({ driver: mapstone({ path: './data/esm.mapstone' }) });
await storage.setItem('k', { a: 1 });
await storage.setItemRaw('raw', Buffer.from('bytes'));
assert.deepEqual(await storage.getItem('k'), { a: 1 });
assert.deepEqual(await storage.getItemRaw('raw'), Buffer.from('bytes'));
const { mapping } = storage.getMount('').driver.getInstance().stats();
await storage.dispose();
console.log(`ran over ${mapping}`);
