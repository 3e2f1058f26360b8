// All mutants, and the edits that no row can see.

import { caches } from './caches.js';
import { durability } from './durability.js';
import { memory } from './memory.js';
import type { Mutant, Unseen } from './mutant.js';

export const mutants: readonly Mutant[] = [...durability, ...memory, ...caches];

export const unseen: readonly Unseen[] = [
  {
    name: 'a flush that is taken over does not write its pages again',
    file: 'upkeep/flush.ts',
    text: '          words[at] = word;\n',
    replacement: '',
    breaks: 'pages that the kernel takes for written are written again',
    why: 'a sync off the event loop must fail in the moment between its end and the turn of the loop, with no store to its page since: 30 scripts of row 7 did not meet it',
  },
  {
    name: 'a slot in memory is taken as durable, when the log is synced',
    file: 'upkeep/flush.ts',
    text: 'uncovered(this.core.segments, run.captured, this.durable)',
    replacement: 'uncovered(this.core.segments, run.captured, Number.MAX_SAFE_INTEGER)',
    breaks: 'slots of a flush that died are no evidence of durability',
    why: 'a flush writes its slots only when its part of the log was synced, so in the boot that wrote them they do say the truth of it: a second line of defence',
  },
];
