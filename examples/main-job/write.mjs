// Child: changes city after city, and says one byte for each change that has returned, until it is killed. Nothing here flushes but the store's own
// timer, once a second: what has returned must survive without. Argument: path.

import { writeSync } from 'node:fs';
import { createKeyv } from '@mapstone/keyv';
import { changed, cities, keyOf } from './cities.mjs';

const keyv = createKeyv(process.argv[2]);
for (const [i, city] of cities.entries()) {
  const value = changed(i);
  if (value === undefined) await keyv.delete(keyOf(city));
  else await keyv.set(keyOf(city), value);
  writeSync(1, '.');
}
setInterval(() => {}, 1000);
