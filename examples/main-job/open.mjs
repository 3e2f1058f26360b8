// How long it takes to open a store and read one entry, once, in a process that has opened nothing before. As a child: argument path.

import { fileURLToPath } from 'node:url';
import { openStore } from '@mapstone/engine';
import { report } from './children.mjs';
import { cities, keyOf } from './cities.mjs';

/** Milliseconds. The store stays open: who asks reads on, or exits, which closes it. */
export function timeOpening(path) {
  const key = `keyv:${keyOf(cities[0])}`;
  const started = performance.now();
  const store = openStore(path);
  if (store.get(key) === undefined) throw new Error('the first city is not there');
  return performance.now() - started;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const openMs = timeOpening(process.argv[2]);
  const store = openStore(process.argv[2]);
  report({ openMs, recovery: store.stats().recovery });
}
