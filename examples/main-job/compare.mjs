// Child: opens what a killed process left, and compares every city with what it must be. Arguments: path, how many changes had returned.

import { isDeepStrictEqual } from 'node:util';
import { openStore } from '@mapstone/engine';
import { createKeyv } from '@mapstone/keyv';
import { report, tick } from './children.mjs';
import { changed, cities, keyOf } from './cities.mjs';
import { timeOpening } from './open.mjs';

const [path, said] = process.argv.slice(2);
const acknowledged = Number(said);
const openMs = timeOpening(path);

const store = openStore(path);
const keyv = createKeyv(path);
let lost = 0;
let expected = 0;
for (const [i, city] of cities.entries()) {
  const found = await keyv.get(keyOf(city));
  const after = changed(i);
  // The one change that was under way has happened, or has not; all before it have, all behind it have not.
  const right = (i <= acknowledged && isDeepStrictEqual(found, after)) || (i >= acknowledged && isDeepStrictEqual(found, city));
  if (!right) lost++;
  if (i < acknowledged ? after !== undefined : i > acknowledged || found !== undefined) expected++;
  tick();
}
let entries = 0;
for (const _ of store.keys()) entries++;
const findings = store.check().length;
const stats = store.stats();
store.close();
await keyv.disconnect();
report({ lost, entries, expected, findings, openMs, stats });
