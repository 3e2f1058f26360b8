// Child: stores entries that live for a tenth of a second, and counts which are still there when that is over. Arguments: path, how many.

import { createKeyv } from '@mapstone/keyv';
import { report, tick } from './children.mjs';
import { cities, keyOf } from './cities.mjs';

const TTL = 100;
const [path, count] = process.argv.slice(2);
const keyv = createKeyv({ path, namespace: 'seen' });
const some = cities.slice(0, Number(count));

const entriesBefore = keyv.store.engine.size;
for (const city of some) {
  await keyv.set(keyOf(city), city.name, TTL);
  tick();
}
const stored = keyv.store.engine.size - entriesBefore;
await new Promise((resolve) => setTimeout(resolve, TTL + 1));
let stillThere = 0;
for (const city of some) {
  if (await keyv.has(keyOf(city))) stillThere++;
  tick();
}
await keyv.disconnect();
report({ stored, stillThere });
