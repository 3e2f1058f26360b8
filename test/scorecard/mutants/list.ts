// All mutants, and the edits that no row can see.

import { caches } from './caches.js';
import { durability } from './durability.js';
import { memory } from './memory.js';
import type { Mutant, Unseen } from './mutant.js';
import { processes } from './processes.js';

export const mutants: readonly Mutant[] = [...durability, ...memory, ...processes, ...caches];

export const unseen: readonly Unseen[] = [
  {
    name: 'slots of a later timeline are not voided',
    file: 'upkeep/rebuild.ts',
    text: '      words.fill(0, at + slot, at + slot + Slot.WORDS);\n',
    replacement: '',
    breaks: 'a timeline that was given up never comes back',
    why: 'the next flush takes a number above all it has seen, and writes every segment anew that has a slot above the last completed one before a superblock could count it: a second line of defence',
  },
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
  {
    name: 'who takes the lock from a dead holder repairs nothing',
    file: 'file/lock-word.ts',
    text: '      this.afterDeath();\n',
    replacement: '',
    breaks: 'what a death left half done is finished by the next writer',
    why: 'every operation looks at the intent record before it begins, and finishes what it finds there: this is the first of two lines',
  },
  {
    name: 'a reader believes what it found without a second look',
    file: 'hash-index/linear-hash.ts',
    text: 'return Atomics.load(this.homeWords, this.home + Bucket.VERSION) === this.version && this.control[Control.EPOCH] === this.epoch;',
    replacement: 'return true;',
    breaks: 'what was read was there at one moment',
    why: 'a place must be freed, flushed and used again between two loads of a reader: 1,000,000 reads of row 14 did not meet it. test/model-check, where every order is tried, misses the rule',
  },
  {
    name: 'a miss is believed though the bucket was split',
    file: 'hash-index/linear-hash.ts',
    text: 'return this.isStable() && this.address(tag, Atomics.load(this.control, Control.BUCKETS)) === this.read;',
    replacement: 'return this.isStable();',
    breaks: 'a key that is there throughout is always found',
    why: 'a split must begin and end between two loads of a reader: 1,000,000 reads of row 14 did not meet it. test/model-check, where every order is tried, misses the rule',
  },
];
