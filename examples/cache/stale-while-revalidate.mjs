// Nobody waits for a value that was there once: the old one is served while a new one is made, and when none can be made. Run: node examples/cache/stale-while-revalidate.mjs

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MapstoneCache } from '@mapstone/cache';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
const cache = new MapstoneCache({ path: join(directory, 'rates.cache'), ttl: '5m', stale: '10m', staleIfError: '1d' });
cache.on('error', (error, key) => console.log(`(${key} was not refreshed: ${error.message})`));

let number = 0;
let isDown = false;
async function rates() {
  await sleep(400);
  if (isDown) throw new Error('the bank is closed');
  return { number: ++number };
}
const ask = async (when) => {
  const begun = performance.now();
  const found = await cache.getOrSet('rates', rates);
  console.log(`${when}: number ${found.number},`, performance.now() - begun < 300 ? 'at once' : 'after a while');
};

await ask('nothing there');
await ask('fresh');
// As if five minutes had gone by.
cache.expire('rates');
await ask('stale');
await sleep(600);
await ask('refreshed meanwhile');

isDown = true;
cache.expire('rates');
await ask('stale, and the bank closed');
await sleep(600);
await ask('still');
await sleep(600);

cache.close();
rmSync(directory, { recursive: true });
