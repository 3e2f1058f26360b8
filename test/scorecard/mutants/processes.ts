// Mutants of what many processes rely on: the locks, the versions of the buckets, the object cache.

import type { Mutant } from './mutant.js';

export const processes: Mutant[] = [
  {
    name: 'the lock is taken from a living holder',
    file: 'file/lock-word.ts',
    text: '    if (openers.isAlive(holder)) return false;\n',
    replacement: '',
    breaks: 'one writes at a time',
    rows: [['14', 200_000]],
    ci: true,
  },
  {
    name: 'a batch does not hide what it changes',
    file: 'store/batch.ts',
    text: '    if (!core.alone) applier.openBuckets(locations);\n',
    replacement: '',
    breaks: 'no reader sees half a batch',
    rows: [['14', 400_000]],
  },
  {
    name: 'keys that are read together are not of one moment',
    file: 'store/reading.ts',
    text: 'return index.areStable(noted, epoch) && Atomics.load(control, Control.BUCKETS) === buckets ? values : AGAIN;',
    replacement: 'return values;',
    breaks: 'no reader sees half a batch',
    rows: [['14', 400_000]],
  },
  {
    name: 'the object cache does not ask for the version',
    file: 'store/object-cache.ts',
    text: 'Atomics.load(kept.words, kept.at) !== kept.version || ',
    replacement: '',
    breaks: 'a hit of the object cache is never stale',
    rows: [['14', 200_000]],
  },
  {
    name: 'a slot changes, and its version does not',
    file: 'hash-index/linear-hash.ts',
    text: 'Atomics.store(homeWords, version, (before + 2) | 0);',
    replacement: 'Atomics.store(homeWords, version, before);',
    breaks: 'a hit of the object cache is never stale',
    rows: [['14', 200_000]],
  },
  {
    name: 'a change is not counted',
    file: 'store/steps.ts',
    text: '    this.controlDoubles[Control.CHANGES >> 1]++;\n',
    replacement: '',
    breaks: 'a hit of the object cache is never stale',
    rows: [
      ['10', 100_000],
      ['14', 200_000],
    ],
  },
];
