// Child: sets and gets all cities in one Keyv, timed. The argument is `map`, or the path of a Mapstone store.

import { createKeyv } from '@mapstone/keyv';
import Keyv from 'keyv';
import { report, tick } from './children.mjs';
import { cities, keyOf, shuffled } from './cities.mjs';

const [where] = process.argv.slice(2);
const keyv = where === 'map' ? new Keyv() : createKeyv(where);

const heapBefore = heapUsed();
const set = await timed(cities.keys(), (city) => keyv.set(keyOf(city), city));
const heap = heapUsed() - heapBefore;
const get = await timed(shuffled(cities.length), async (city) => {
  const found = await keyv.get(keyOf(city));
  if (found?.name !== city.name) throw new Error(`${city.name} is not there`);
});
let flushMs;
if (where !== 'map') {
  const started = performance.now();
  await keyv.store.engine.flush();
  flushMs = performance.now() - started;
}
const stats = keyv.store.engine?.stats();
await keyv.disconnect();
report({ set, get, heap, flushMs, stats });

/** Operations a second. */
async function timed(order, operation) {
  const started = performance.now();
  for (const i of order) {
    await operation(cities[i]);
    tick();
  }
  return cities.length / ((performance.now() - started) / 1000);
}

function heapUsed() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
