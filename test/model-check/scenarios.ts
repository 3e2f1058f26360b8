// What is run: who takes part, what each does, and how the store lies at first. Small, since every interleaving is looked at.

import type { Change } from './changes.js';
import { enter, type Model, type Process } from './explore.js';
import { assertWhole, newStore, W } from './memory.js';
import { type Reader, readerPrograms } from './reader.js';
import type { Rule } from './rules.js';
import { type Opener, opener, writerPrograms } from './writer.js';

const NAMES = ['A', 'B', 'C'];

function kill(memory: Uint8Array, me: Opener): void {
  memory[W.ALIVE + me.slot] = 0;
  if (memory[W.HOLDER] === me.word) memory[W.HOLDER] = 0;
}

interface Opened extends Process {
  slot: number;
}

function writer(slot: number, changes: readonly Change[], mortal = false): Opened {
  const me = opener(slot);
  return {
    name: NAMES[slot],
    slot,
    start: enter('writer', me, changes, -1),
    ...(mortal && { die: (memory: Uint8Array) => kill(memory, me) }),
  };
}

/** Opens when it comes, on a slot that may be taken. */
function latecomer(number: number, slot: number, changes: readonly Change[]): Opened {
  return { name: NAMES[number], slot, start: enter('opener', slot, changes) };
}

function reader(slot: number, keys: readonly number[], { times = 1, caches = false } = {}): Opened {
  const self: Reader = { me: opener(slot), reader: slot, keys, times, caches };
  return { name: NAMES[slot], slot, start: enter('reader', self, times, undefined) };
}

export interface Scenario {
  buckets: number;
  /** There at first. */
  keys: readonly number[];
  /** Both keys have one tag. */
  collide?: boolean;
  processes: readonly Opened[];
}

const MORTAL = true;

/** Each of these is explored whole. */
export const SCENARIOS = {
  'a writer that may die, another, and one that opens on its slot': {
    buckets: 1,
    keys: [0],
    processes: [writer(0, [['put', 0, 2]], MORTAL), writer(1, [['put', 0, 3]]), latecomer(2, 0, [['put', 1, 2]])],
  },
  'two writers that may die, and one that does not': {
    buckets: 2,
    keys: [0],
    processes: [
      writer(
        0,
        [
          ['put', 0, 2],
          ['put', 1, 1],
        ],
        MORTAL,
      ),
      writer(1, [['put', 1, 2]], MORTAL),
      writer(2, [
        ['delete', 0],
        ['put', 0, 3],
      ]),
    ],
  },
  'a place that is used again while it is read': {
    buckets: 2,
    keys: [0, 1],
    processes: [
      writer(
        0,
        [
          ['hold', [0, 2], [0, 3]],
          ['put', 1, 2],
        ],
        MORTAL,
      ),
      writer(1, [['delete', 0]]),
      reader(2, [0]),
    ],
  },
  'an insert into the slot of a key that was deleted': {
    buckets: 1,
    keys: [0],
    processes: [
      writer(
        0,
        [
          ['delete', 0],
          ['put', 1, 2],
        ],
        MORTAL,
      ),
      reader(1, [0]),
      reader(2, [1]),
    ],
  },
  'two keys of one tag': {
    buckets: 1,
    keys: [0, 1],
    collide: true,
    processes: [
      writer(0, [
        ['delete', 0],
        ['put', 0, 2],
      ]),
      writer(1, [['put', 1, 3]], MORTAL),
      reader(2, [1]),
    ],
  },
  'a split while what moves is read and written': {
    buckets: 1,
    keys: [0, 1],
    processes: [writer(0, [['split']], MORTAL), writer(1, [['put', 1, 2]], MORTAL), reader(2, [1])],
  },
  'a split while what stays is read and written': {
    buckets: 1,
    keys: [0, 1],
    processes: [writer(0, [['split'], ['put', 0, 2]], MORTAL), writer(1, [['put', 0, 3]]), reader(2, [0])],
  },
  'a split while both are read': {
    buckets: 1,
    keys: [0, 1],
    processes: [writer(0, [['split']], MORTAL), writer(1, [['put', 0, 2]]), reader(2, [0, 1])],
  },
  'a batch over two buckets while both keys are read': {
    buckets: 2,
    keys: [0, 1],
    processes: [writer(0, [['batch', [0, 2], [1, 2]]], MORTAL), writer(1, [['put', 1, 3]], MORTAL), reader(2, [0, 1])],
  },
  'a batch of inserts in one bucket': {
    buckets: 1,
    keys: [],
    processes: [writer(0, [['batch', [0, 2], [1, 2]]], MORTAL), writer(1, [['delete', 1]]), reader(2, [0, 1])],
  },
  'single writes while both keys are read': {
    buckets: 2,
    keys: [0, 1],
    processes: [
      writer(
        0,
        [
          ['put', 0, 2],
          ['put', 1, 2],
        ],
        MORTAL,
      ),
      writer(1, [['put', 0, 3]]),
      reader(2, [0, 1]),
    ],
  },
  'clear, and the same places used again': {
    buckets: 2,
    keys: [0, 1],
    processes: [writer(0, [['clear'], ['put', 0, 2]], MORTAL), writer(1, [['put', 1, 3]], MORTAL), reader(2, [1])],
  },
  'clear, a split, and the same places used again': {
    buckets: 2,
    keys: [0, 1],
    processes: [writer(0, [['clear'], ['put', 1, 2], ['put', 0, 2], ['split']]), reader(1, [0, 1])],
  },
  'an object cache, and a writer that may die': {
    buckets: 2,
    keys: [0, 1],
    processes: [writer(0, [['put', 0, 2]], MORTAL), writer(1, [['put', 0, 3]]), reader(2, [0], { times: 3, caches: true })],
  },
  'an object cache while one key is written': {
    buckets: 2,
    keys: [0, 1],
    processes: [writer(0, [['put', 0, 2]]), writer(1, [['delete', 0]]), reader(2, [0], { times: 3, caches: true })],
  },
  'an object cache over clear': {
    buckets: 1,
    keys: [0, 1],
    processes: [writer(0, [['put', 0, 2], ['clear'], ['put', 0, 3]], MORTAL), reader(1, [0], { times: 2, caches: true })],
  },
  'an object cache over a split': {
    buckets: 1,
    keys: [0, 1],
    processes: [writer(0, [['split'], ['put', 1, 2]], MORTAL), writer(1, [['put', 1, 3]]), reader(2, [1], { times: 2, caches: true })],
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** A scenario under the protocol without one of its rules, or with all. */
export function model(name: ScenarioName, dropped?: Rule): Model {
  const { buckets, keys, processes, collide = false }: Scenario = SCENARIOS[name];
  const keeps = (rule: Rule) => rule !== dropped;
  const tagOf = (key: number) => (collide ? 1 : key + 1);
  const memory = newStore(buckets, keys, tagOf);
  // Who does not open first is open from the start.
  for (const { start, slot } of processes) if (start.program !== 'opener') memory[W.ALIVE + slot] = 1;
  return {
    programs: { ...writerPrograms(keeps, tagOf), ...readerPrograms(keeps, tagOf) },
    processes,
    memory,
    atEnd(end) {
      const left = end[W.LOCK];
      // The last one died, holding the lock: whoever comes next will repair.
      if (left === 0 || end[W.ALIVE + (left & 3) - 1] !== 0) assertWhole(end, tagOf);
    },
  };
}
