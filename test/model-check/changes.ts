// The model's operations, store by store, and how each is finished after a death. The lock is held: nobody else changes what it guards, so looking is one step.

import type { Operation } from './explore.js';
import { address, assertWhole, Intent, KEYS, PLACES, SLOTS, slotOf, step, store, takeEffect, W } from './memory.js';
import type { Rule } from './rules.js';

export type Change =
  | readonly ['put', key: number, value: number]
  | readonly ['delete', key: number]
  /** Several writes while the lock is held once: a write, and the cleaning step after it. */
  | readonly ['hold', ...(readonly [key: number, value: number])[]]
  | readonly ['batch', ...(readonly [key: number, value: number])[]]
  | readonly ['split']
  | readonly ['nothing']
  | readonly ['clear'];

export type Part<Answer = void> = Generator<Operation, Answer, number>;

/** `tagOf`: keys may share a tag. */
export function changes(keeps: (rule: Rule) => boolean, tagOf: (key: number) => number) {
  /** Repairs, if something was left half done. Then all must be whole. */
  function* repair(): Part {
    if (keeps('whoever takes over repairs by the intent record')) {
      const intent = yield step('looks at the intent', (memory) => memory[W.INTENT]);
      if (intent === Intent.APPLY) yield* finish();
      else if (intent === Intent.DELETE) yield* finishDelete(true);
      else if (intent === Intent.SPLIT) yield* finishSplit();
      else if (intent === Intent.CLEAR) yield* clear();
      if (intent !== Intent.NONE) yield* disarm(keeps('repair counts the change'));
    }
    yield step('all is whole', (memory) => assertWhole(memory, tagOf));
  }

  /** The end of an operation: from here on an object cache can tell that there was one. */
  function* disarm(counts = true): Part {
    const first = keeps('a change is counted before its intent is cleared');
    if (!first) yield store('intent', W.INTENT, Intent.NONE);
    if (counts) yield store('changes', W.CHANGES, (yield step('looks at the changes', (memory) => memory[W.CHANGES])) + 1);
    if (first) yield store('intent', W.INTENT, Intent.NONE);
  }

  /** The slot of a key, or an empty one of its bucket; and the place that it points at, 0 if none. */
  function* find(key: number): Part<{ slot: number; old: number; bucket: number }> {
    const found = yield step(`looks for key ${key}`, (memory) => {
      const bucket = address(key, memory[W.BUCKETS]);
      let empty = -1;
      for (let slot = 0; slot < SLOTS; slot++) {
        const at = slotOf(bucket, slot);
        const location = memory[W.LOCATION + at];
        if (location === 0) empty = empty < 0 ? at : empty;
        else if (memory[W.KEY + location] === key + 1) return (at << 4) | location;
      }
      return empty << 4;
    });
    const slot = found >> 4;
    return { slot, old: found & 15, bucket: Math.floor(slot / SLOTS) };
  }

  const version = (bucket: number) => step(`looks at version ${bucket}`, (memory) => memory[W.VERSION + bucket]);
  const setVersion = (bucket: number, to: number) => store(`version ${bucket}`, W.VERSION + bucket, to);

  function* makeOdd(bucket: number): Part {
    yield setVersion(bucket, (yield version(bucket)) | 1);
  }

  function* makeEven(bucket: number): Part {
    yield setVersion(bucket, ((yield version(bucket)) | 1) + 1);
  }

  function* writeRecord(place: number, key: number, value: number): Part {
    yield store(`key of record ${place}`, W.KEY + place, key + 1);
    yield store(`value of record ${place}`, W.VALUE + place, value);
    yield store(`the rest of the value of record ${place}`, W.VALUE_AGAIN + place, value);
  }

  /** Lets slots point at records, two at most, in the order of the protocol; the intent is armed. Versions that it is to bump later go into `late`. */
  function* point(records: readonly { place: number; key: number; value: number }[], late?: Set<number>, repairing = false): Part {
    const isBatch = records.length > 1;
    const buckets = new Set<number>();
    for (const { key } of records) buckets.add((yield* find(key)).bucket);
    const bumps = !repairing || keeps('repair bumps the version');
    const odd = bumps && (isBatch || keeps('a bucket is odd while one slot is changed')) && late === undefined;
    const together = keeps('the buckets of a batch are odd at one time');
    for (const { place } of records) yield store(`length of record ${place}`, W.LENGTH + place, 1);
    if (!keeps('a version is bumped after the slot changed')) for (const bucket of buckets) yield* makeEven(bucket);
    else if (odd && together) for (const bucket of buckets) yield* makeOdd(bucket);
    for (const [i, { place, key }] of records.entries()) {
      // Looked for only now: the record before this one may have taken an empty slot.
      const { slot, old, bucket } = yield* find(key);
      if (odd && !together) yield* makeOdd(bucket);
      if (old === 0) yield store(`tag of slot ${slot}`, W.TAG + slot, tagOf(key));
      const isLast = i === records.length - 1;
      const effect = (memory: Uint8Array) => {
        if (isLast)
          takeEffect(
            memory,
            records.map(({ place: at, key: of, value }) => [of, value === 0 ? memory[W.VALUE + at] : value] as const),
          );
      };
      yield store(`slot ${slot}`, W.LOCATION + slot, place, effect);
      if (!together && bumps) yield* makeEven(bucket);
    }
    if (!bumps || !keeps('a version is bumped after the slot changed') || !together) return;
    if (late === undefined) for (const bucket of buckets) yield* makeEven(bucket);
    else for (const bucket of buckets) late.add(bucket);
  }

  /** The counters as the intent record has them, and the places of what was replaced. */
  function* settle(): Part {
    yield step('store count', (memory) => {
      if (keeps('the intent record holds values, not differences')) memory[W.COUNT] = memory[W.INTENT_COUNT];
      else memory[W.COUNT] += memory[W.INTENT_COUNT];
    });
    for (let i = 0; i < 2; i++) {
      const old = yield step('looks at what was replaced', (memory) => memory[W.INTENT_OLD + i]);
      if (old !== 0) yield store(`length of record ${old}`, W.LENGTH + old, 0);
    }
  }

  /** Writes one key or, as a batch, several. Returns what is in use afterwards. */
  function* write(items: readonly (readonly [key: number, value: number])[], used: number, late?: Set<number>): Part<number> {
    const records = items.map(([key, value]) => {
      let place = 1;
      while ((used & (1 << place)) !== 0) place++;
      if (place > PLACES) throw new Error('the model has too few places for this');
      used |= 1 << place;
      return { place, key, value };
    });
    const writeAll = function* (): Part {
      for (const { place, key, value } of records) yield* writeRecord(place, key, value);
    };
    const recordFirst = keeps('a record is written before its slot points at it');
    if (recordFirst) yield* writeAll();
    let more = 0;
    const olds: number[] = [];
    for (const { key } of records) {
      const { old } = yield* find(key);
      olds.push(old);
      if (old === 0) more++;
    }
    // Nobody looks at these before the intent is armed: one step.
    yield step('fills the intent record', (memory) => {
      memory[W.INTENT_RECORDS] = records.length;
      for (let i = 0; i < 2; i++) memory[W.INTENT_RECORD + i] = records[i]?.place ?? 0;
      for (let i = 0; i < 2; i++) memory[W.INTENT_OLD + i] = olds[i] ?? 0;
      memory[W.INTENT_COUNT] = keeps('the intent record holds values, not differences') ? memory[W.COUNT] + more : more;
    });
    const arm = store('intent', W.INTENT, Intent.APPLY, (memory) => {
      memory[W.OWED] = 1;
    });
    const armFirst = keeps('the intent record is armed before the first change');
    if (armFirst) yield arm;
    yield* point(records, late);
    if (!armFirst) yield store('intent', W.INTENT, Intent.APPLY);
    if (!recordFirst) yield* writeAll();
    yield* settle();
    yield* disarm();
    for (const old of olds) used &= ~(1 << old);
    return used;
  }

  function* finish(): Part {
    const records: { place: number; key: number; value: number }[] = [];
    const count = yield step('looks how many records', (memory) => memory[W.INTENT_RECORDS]);
    for (let i = 0; i < count; i++) {
      const found = yield step('looks at the record', (memory) => (memory[W.INTENT_RECORD + i] << 4) | memory[W.KEY + memory[W.INTENT_RECORD + i]]);
      records.push({ place: found >> 4, key: (found & 15) - 1, value: 0 });
    }
    yield* point(records, undefined, true);
    yield* settle();
  }

  function* remove(key: number, used: number): Part<number> {
    const { old } = yield* find(key);
    if (old === 0) return used;
    yield step('fills the intent record', (memory) => {
      memory[W.INTENT_KEY] = key;
      memory[W.INTENT_OLD] = old;
      memory[W.INTENT_OLD + 1] = 0;
      memory[W.INTENT_COUNT] = keeps('the intent record holds values, not differences') ? memory[W.COUNT] - 1 : 255;
    });
    yield store('intent', W.INTENT, Intent.DELETE, (memory) => {
      memory[W.OWED] = 1;
    });
    yield* finishDelete(false);
    yield* disarm();
    return used & ~(1 << old);
  }

  function* finishDelete(repairing: boolean): Part {
    const key = yield step('looks which key', (memory) => memory[W.INTENT_KEY]);
    const { slot, old, bucket } = yield* find(key);
    const bumps = !repairing || keeps('repair bumps the version');
    const odd = bumps && keeps('a bucket is odd while one slot is changed');
    if (!keeps('a version is bumped after the slot changed')) yield* makeEven(bucket);
    else if (odd) yield* makeOdd(bucket);
    if (old !== 0) yield store(`slot ${slot}`, W.LOCATION + slot, 0, (memory) => takeEffect(memory, [[key, 0]]));
    if (bumps && keeps('a version is bumped after the slot changed')) yield* makeEven(bucket);
    yield* settle();
  }

  function* split(): Part {
    const movers = yield step('looks what moves', (memory) => {
      if (memory[W.BUCKETS] !== 1) return 255;
      let bits = 0;
      for (let slot = 0; slot < SLOTS; slot++) if (memory[W.LOCATION + slot] !== 0 && address(memory[W.TAG + slot] - 1, 2) === 1) bits |= 1 << slot;
      return bits;
    });
    if (movers === 255) return;
    const fill = function* (): Part {
      yield setVersion(1, 0);
      let to = SLOTS;
      for (let slot = 0; slot < SLOTS; slot++) {
        if ((movers & (1 << slot)) === 0) continue;
        yield store(`tag of slot ${to}`, W.TAG + to, yield step('looks at the tag', (memory) => memory[W.TAG + slot]));
        yield store(`slot ${to}`, W.LOCATION + to, yield step('looks at the slot', (memory) => memory[W.LOCATION + slot]));
        to++;
      }
      for (; to < 2 * SLOTS; to++) yield store(`slot ${to}`, W.LOCATION + to, 0);
    };
    const fillFirst = keeps('the target of a split is filled before it is published');
    if (fillFirst) yield* fill();
    yield store('intent', W.INTENT, Intent.SPLIT);
    if (keeps('the source of a split is odd')) yield* makeOdd(0);
    if (!keeps('a split publishes the count before it purges')) yield* purge(2);
    yield store('buckets', W.BUCKETS, 2);
    if (!fillFirst) yield* fill();
    yield* finishSplit();
    yield store('intent', W.INTENT, Intent.NONE);
  }

  function* finishSplit(): Part {
    yield* purge(yield step('looks at the buckets', (memory) => memory[W.BUCKETS]));
    yield* makeEven(0);
  }

  /** Empties the slots of bucket 0 that belong elsewhere when there are so many buckets. */
  function* purge(buckets: number): Part {
    for (let slot = 0; slot < SLOTS; slot++) {
      const moved = yield step('looks at the slot', (memory) => (memory[W.LOCATION + slot] !== 0 && address(memory[W.TAG + slot] - 1, buckets) !== 0 ? 1 : 0));
      if (moved === 1) yield store(`slot ${slot}`, W.LOCATION + slot, 0);
    }
  }

  /** Empties the first bucket in place and leaves the others as they lie, as the engine does. All of it again is the repair. */
  function* clear(): Part {
    const bumps = keeps('clear bumps the epoch');
    const epoch = yield step('looks at the epoch', (memory) => memory[W.EPOCH]);
    const oddFirst = keeps('clear makes the epoch odd first');
    if (bumps && oddFirst) yield store('epoch', W.EPOCH, epoch | 1);
    yield store('buckets', W.BUCKETS, 1);
    yield setVersion(0, 0);
    for (let slot = 0; slot < SLOTS; slot++) {
      yield store(`slot ${slot}`, W.LOCATION + slot, 0);
      yield store(`tag of slot ${slot}`, W.TAG + slot, 0);
    }
    for (let place = 1; place <= PLACES; place++) yield store(`length of record ${place}`, W.LENGTH + place, 0);
    yield store('count', W.COUNT, 0);
    const effect = (memory: Uint8Array) =>
      takeEffect(
        memory,
        Array.from({ length: KEYS }, (_, key) => [key, 0] as const),
      );
    if (bumps) yield store('epoch', W.EPOCH, (epoch | 1) + 1, effect);
    else yield step('is empty', effect);
  }

  function* change(what: Change, used: number): Part<number> {
    if (what[0] === 'put') return yield* write([[what[1], what[2]]], used);
    if (what[0] === 'delete') return yield* remove(what[1], used);
    if (what[0] === 'batch') return yield* write(what.slice(1) as [number, number][], used);
    if (what[0] === 'hold') {
      const late = keeps('a version is bumped before a place is freed and used again') ? undefined : new Set<number>();
      for (const item of what.slice(1) as [number, number][]) used = yield* write([item], used, late);
      for (const bucket of late ?? []) yield* makeEven(bucket);
      return used;
    }
    if (what[0] === 'split') yield* split();
    if (what[0] === 'clear') {
      yield store('intent', W.INTENT, Intent.CLEAR, (memory) => {
        memory[W.OWED] = 1;
      });
      yield* clear();
      yield* disarm();
      used = 0;
    }
    return used;
  }

  return { repair, change };
}
