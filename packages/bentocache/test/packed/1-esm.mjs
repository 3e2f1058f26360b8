import assert from 'node:assert/strict';
import { mapstoneDriver } from '@mapstone/bentocache';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';

const make = () =>
  new BentoCache({
    default: 'app',
    stores: {
      app: bentostore()
        .useL1Layer(memoryDriver({ maxSize: '10mb' }))
        .useL2Layer(mapstoneDriver({ path: './esm.mapstone' })),
    },
  });
let made = 0;
for (let i = 0; i < 2; i++) {
  const cache = make();
  assert.deepEqual(await cache.getOrSet({ key: 'k', ttl: '1h', factory: () => ({ made: ++made }) }), { made: 1 });
  await cache.disconnect();
}
const driver = mapstoneDriver({ path: './esm.mapstone' });
const l2 = driver.factory(driver.options);
const { mapping } = l2.engine.stats();
await l2.disconnect();
console.log(`ran over ${mapping}`);
