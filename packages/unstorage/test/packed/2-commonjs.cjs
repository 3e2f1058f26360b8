const assert = require('node:assert/strict');
const { default: mapstone } = require('@mapstone/unstorage');
const { createStorage } = require('unstorage');

(async () => {
  const storage = createStorage({ driver: mapstone({ path: './data/commonjs.mapstone' }) });
  await storage.setItem('k', { a: 1 });
  assert.deepEqual(await storage.getItem('k'), { a: 1 });
  const { mapping } = storage.getMount('').driver.getInstance().stats();
  await storage.dispose();
  console.log(`ran over ${mapping}`);
})();
