// The shared memory of the model, and what must hold of it. Small: two keys, two buckets of two slots, four places for records. A word is a byte.
// Beside the words of the protocol there is what only the checker knows: what the store ought to hold, who holds the lock, which answers a read may give.

import { type Operation, Violation } from './explore.js';

export const KEYS = 2;
export const SLOTS = 2;
export const PLACES = 4;
const BUCKETS = 2;

let words = 0;
const word = (count = 1): number => {
  words += count;
  return words - count;
};

/** Where each word lies. */
export const W = {
  // Control block.
  LOCK: word(), // 0 free, else generation << 2 | opener's slot + 1
  FLUSH_LOCK: word(), // the same
  GENERATION: word(), // of the opener that came last
  LAST_WRITER: word(),
  EPOCH: word(),
  BUCKETS: word(),
  COUNT: word(),
  CHANGES: word(), // operations that ever took effect
  // Intent record.
  INTENT: word(),
  INTENT_SOURCE: word(), // split
  INTENT_RECORDS: word(), // apply: how many
  INTENT_RECORD: word(2), // their places
  INTENT_OLD: word(2), // the places of what they replace, 0 for none
  INTENT_COUNT: word(), // entries after all
  INTENT_KEY: word(), // delete
  // Index.
  VERSION: word(BUCKETS),
  TAG: word(BUCKETS * SLOTS),
  LOCATION: word(BUCKETS * SLOTS),
  // Records, numbered from 1. A value is two words, so that half of one can be told.
  LENGTH: word(PLACES + 1), // 0: free
  KEY: word(PLACES + 1),
  VALUE: word(PLACES + 1),
  VALUE_AGAIN: word(PLACES + 1),
  // The kernel: who holds an opener's lock on slot s.
  ALIVE: word(3),
  // Known to the checker only.
  HOLDER: word(), // who is between taking the lock and freeing it
  LOGICAL: word(KEYS), // what the store holds now: 0 for nothing
  OWED: word(), // 1: an operation is armed and has not taken effect
  READING: word(3), // by reader: bits of the keys that it is reading, 0 for none
  MAY: word(6), // by reader: two bytes of bits, the answers it may give
} as const;

export const WORDS = words;

export const Intent = { NONE: 0, APPLY: 1, DELETE: 2, SPLIT: 3, CLEAR: 4 } as const;

export const slotOf = (bucket: number, slot: number): number => bucket * SLOTS + slot;

/** Linear hashing at this scale: key 0 stays in bucket 0, key 1 moves to bucket 1 when there are two. */
export const address = (key: number, buckets: number): number => (buckets === 2 ? key : 0);

// Atomic operations.

export const load = (name: string, at: number): Operation => ({ name: `load ${name}`, run: (memory) => memory[at] });

/** One atomic store; `effect` is what it means to the checker. */
export function store(name: string, at: number, value: number, effect?: (memory: Uint8Array) => void): Operation {
  return {
    name: `store ${name} = ${value}`,
    run: (memory) => {
      memory[at] = value;
      effect?.(memory);
      return 0;
    },
  };
}

/** 1 if the word was `from`, and is `to` now. */
export function exchange(name: string, at: number, from: number, to: number, effect?: (memory: Uint8Array) => void): Operation {
  return {
    name: `compare-exchange ${name}: ${from} -> ${to}`,
    run: (memory) => {
      if (memory[at] !== from) return 0;
      memory[at] = to;
      effect?.(memory);
      return 1;
    },
  };
}

/** What no other may be changing at this moment, looked at in one step: the lock is held, or nobody can see it yet. */
export const step = (name: string, run: (memory: Uint8Array) => unknown): Operation => ({ name, run: (memory) => Number(run(memory) ?? 0) });

// What the checker knows.

/** The store holds this from now on: each read under way may answer with it. */
export function takeEffect(memory: Uint8Array, changes: readonly (readonly [key: number, value: number])[]): void {
  for (const [key, value] of changes) memory[W.LOGICAL + key] = value;
  memory[W.OWED] = 0;
  for (let reader = 0; reader < 3; reader++) if (memory[W.READING + reader] !== 0) allow(memory, reader);
}

const snapshot = (memory: Uint8Array, keys: number): number => {
  let answer = 0;
  for (let key = 0; key < KEYS; key++) if ((keys & (1 << key)) !== 0) answer |= memory[W.LOGICAL + key] << (2 * key);
  return answer;
};

function allow(memory: Uint8Array, reader: number): void {
  const answer = snapshot(memory, memory[W.READING + reader]);
  memory[W.MAY + 2 * reader + (answer >> 3)] |= 1 << (answer & 7);
}

/** A read of these keys (as bits) begins: it may answer with what the store holds at any moment from now on. */
export const beginRead = (reader: number, keys: number): Operation =>
  step('begins to read', (memory) => {
    memory[W.READING + reader] = keys;
    memory[W.MAY + 2 * reader] = memory[W.MAY + 2 * reader + 1] = 0;
    allow(memory, reader);
  });

/** The read answers with these values, 0 for a key that is not there. */
export const answer = (reader: number, found: readonly (readonly [key: number, value: number])[]): Operation =>
  step(`answers ${found.map(([key, value]) => `key ${key} = ${value === 0 ? 'nothing' : value}`).join(', ')}`, (memory) => {
    let given = 0;
    for (const [key, value] of found) given |= value << (2 * key);
    if ((memory[W.MAY + 2 * reader + (given >> 3)] & (1 << (given & 7))) === 0)
      throw new Violation('a read answered with what the store held at no moment of it');
    memory[W.READING + reader] = memory[W.MAY + 2 * reader] = memory[W.MAY + 2 * reader + 1] = 0;
  });

/** Whoever takes the lock is the only one that has it. */
export function assertOnlyHolder(memory: Uint8Array, me: number): void {
  if (memory[W.HOLDER] !== 0) throw new Violation('two hold the writer lock');
  memory[W.HOLDER] = me;
}

/** What must be true whenever somebody has taken the lock, and when all is over: the words say what the checker knows. */
export function assertWhole(memory: Uint8Array, tagOf: (key: number) => number): void {
  if (memory[W.INTENT] !== Intent.NONE || memory[W.OWED] !== 0) throw new Violation('an operation was left half done');
  if ((memory[W.EPOCH] & 1) !== 0) throw new Violation('the epoch was left odd');
  const used = new Set<number>();
  const buckets = memory[W.BUCKETS];
  let count = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    if ((memory[W.VERSION + bucket] & 1) !== 0) throw new Violation(`bucket ${bucket} was left odd`);
    for (let slot = 0; slot < SLOTS; slot++) {
      const at = slotOf(bucket, slot);
      const location = memory[W.LOCATION + at];
      if (location === 0) continue;
      count++;
      used.add(location);
      const key = memory[W.KEY + location] - 1;
      if (address(key, buckets) !== bucket) throw new Violation(`key ${key} lies in bucket ${bucket}, where it does not belong`);
      if (memory[W.TAG + at] !== tagOf(key)) throw new Violation(`the slot of another key points at the record of key ${key}`);
      const value = memory[W.VALUE + location];
      if (value !== memory[W.LOGICAL + key] || value !== memory[W.VALUE_AGAIN + location])
        throw new Violation(`key ${key} holds ${value}, not what was written`);
    }
  }
  for (let key = 0; key < KEYS; key++) if (memory[W.LOGICAL + key] !== 0) count--;
  if (count !== 0) throw new Violation('an entry is lost, or there twice');
  if (memory[W.COUNT] !== used.size) throw new Violation(`the count of entries says ${memory[W.COUNT]}, and there are ${used.size}`);
  for (let place = 1; place <= PLACES; place++) {
    if ((memory[W.LENGTH + place] !== 0) !== used.has(place)) throw new Violation(`place ${place} is ${used.has(place) ? 'free, and in use' : 'leaked'}`);
  }
}

/** A store with two entries (values 1) in one bucket or two. */
export function newStore(buckets: number, keys: readonly number[], tagOf: (key: number) => number): Uint8Array {
  const memory = new Uint8Array(WORDS);
  memory[W.BUCKETS] = buckets;
  memory[W.COUNT] = keys.length;
  memory[W.GENERATION] = 1;
  for (const key of keys) {
    const bucket = address(key, buckets);
    const at = slotOf(bucket, memory[W.LOCATION + slotOf(bucket, 0)] === 0 ? 0 : 1);
    const place = key + 1;
    memory[W.TAG + at] = tagOf(key);
    memory[W.LOCATION + at] = place;
    memory[W.LENGTH + place] = 1;
    memory[W.KEY + place] = key + 1;
    memory[W.VALUE + place] = memory[W.VALUE_AGAIN + place] = memory[W.LOGICAL + key] = 1;
  }
  return memory;
}
