// bentocache with memory above and a file below: what was made once is not made again, also after a restart. Run: node examples/bentocache/index.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapstoneDriver } from '@mapstone/bentocache';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const path = join(directory, 'cache.mapstone');

function open() {
  const app = bentostore()
    .useL1Layer(memoryDriver({ maxSize: '10mb' }))
    .useL2Layer(mapstoneDriver({ path }));
  return new BentoCache({ default: 'app', stores: { app } });
}

let made = 0;
const report = (cache) => cache.getOrSet({ key: 'report', ttl: '1h', tags: ['reports'], factory: async () => ({ number: ++made }) });

let cache = open();
console.log('asked by three at once:', await Promise.all([report(cache), report(cache), report(cache)]), '| made:', made);
await cache.namespace('users').set({ key: 'ada', value: { name: 'Ada' } });
await cache.disconnect();

cache = open(); // the memory level is empty now
console.log('after a restart:', await report(cache), '| made:', made);
await cache.deleteByTag({ tags: ['reports'] });
console.log('when its tag was deleted:', await report(cache), '| made:', made);
console.log('the namespace users:', await cache.namespace('users').get({ key: 'ada' }));

await cache.disconnect();
rmSync(directory, { recursive: true });
