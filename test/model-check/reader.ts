// The model's readers: no lock, each load one step. `get` and `getMany` are the same but for the number of keys; then a reader with an object cache.

import { enter, type Operation, type Program, type Programs, Violation } from './explore.js';
import { address, answer, beginRead, Intent, KEYS, load, SLOTS, slotOf, step, W } from './memory.js';
import type { Rule } from './rules.js';
import type { Opener } from './writer.js';

/** Rounds before a reader takes the lock. */
const ROUNDS = 2;

/** What a reader with an object cache keeps of the one key that it reads. */
export interface Cached {
  value: number;
  bucket: number;
  version: number;
  epoch: number;
  /** How many changes there had been when it was found to be the latest; NEVER if it was not looked at since it was read. */
  changes: number;
}

const NEVER = 255;

export interface Reader {
  /** As an opener that may take the lock. */
  me: Opener;
  /** Its number among the readers. */
  reader: number;
  keys: readonly number[];
  /** How often it reads. */
  times: number;
  /** Keeps what it read of its key, and answers from that. */
  caches: boolean;
}

interface Found {
  key: number;
  value: number;
  bucket: number;
  version: number;
}

export function readerPrograms(keeps: (rule: Rule) => boolean, tagOf: (key: number) => number): Programs {
  /** One key, once: undefined if its bucket is being changed. */
  function* look(key: number, buckets: number): Generator<Operation, Found | undefined, number> {
    const bucket = address(key, buckets);
    const version = yield load(`version ${bucket}`, W.VERSION + bucket);
    if ((version & 1) !== 0 && keeps('a reader waits for an even version')) return undefined;
    for (let slot = 0; slot < SLOTS; slot++) {
      const at = slotOf(bucket, slot);
      const place = yield load(`slot ${at}`, W.LOCATION + at);
      if (place === 0 || (yield load(`tag of slot ${at}`, W.TAG + at)) !== tagOf(key)) continue;
      const there = yield load(`key of record ${place}`, W.KEY + place);
      if (there !== key + 1 && keeps('a reader compares the key')) continue;
      const value = yield load(`value of record ${place}`, W.VALUE + place);
      const again = yield load(`the rest of the value of record ${place}`, W.VALUE_AGAIN + place);
      // Half a value: a lie only if it is believed.
      return { key, value: value === again ? value : -1, bucket, version };
    }
    return { key, value: 0, bucket, version };
  }

  function* isUnchanged({ key, value, bucket, version }: Found): Generator<Operation, boolean, number> {
    if (keeps('a reader checks the version again') && (yield load(`version ${bucket}`, W.VERSION + bucket)) !== version) return false;
    if (value !== 0 || !keeps('a miss is checked against the geometry')) return true;
    return address(key, yield load('buckets', W.BUCKETS)) === bucket;
  }

  const say = (reader: number, found: readonly { key: number; value: number }[]): Operation =>
    found.some(({ value }) => value < 0)
      ? step('answers with half a value', () => {
          throw new Violation('a read answered with half a value');
        })
      : answer(
          reader,
          found.map(({ key, value }) => [key, value] as const),
        );

  return {
    *reader(self: Reader, times: number, cached: Cached | undefined): Program {
      if (times === 0) return undefined;
      yield beginRead(
        self.reader,
        self.keys.reduce((bits, key) => bits | (1 << key), 0),
      );
      return enter(cached === undefined ? 'round' : 'hit', self, times, cached ?? 1);
    },
    /** The object cache: two loads while nothing is written, else its bucket is looked at. */
    *hit(self: Reader, times: number, cached: Cached): Program {
      const { value, bucket, version, epoch } = cached;
      const intentFirst = keeps('a hit loads the intent before the count of changes');
      let intent = intentFirst ? yield load('intent', W.INTENT) : 0;
      const changes = yield load('changes', W.CHANGES);
      if (!intentFirst) intent = yield load('intent', W.INTENT);
      const isQuiet = intent === Intent.NONE || !keeps('a hit asks whether a change is under way');
      if (!isQuiet || changes !== cached.changes) {
        const checks: [() => Operation, number][] = [[() => load(`version ${bucket}`, W.VERSION + bucket), version]];
        if (keeps('a hit in the object cache checks the epoch')) checks.push([() => load('epoch', W.EPOCH), epoch]);
        if (!keeps('a reader checks the version first, then the epoch')) checks.reverse();
        for (const [operation, expected] of checks) if ((yield operation()) !== expected) return enter('round', self, times, 1);
      }
      const noted = keeps('a hit notes the count of changes from before it looked at the bucket') ? changes : yield load('changes', W.CHANGES);
      yield say(self.reader, [{ key: self.keys[0], value }]);
      return enter('reader', self, times - 1, { ...cached, changes: isQuiet ? noted : cached.changes });
    },
    /** One try. */
    *round(self: Reader, times: number, round: number): Program {
      const again =
        round < ROUNDS
          ? enter('round', self, times, round + 1)
          : keeps('a reader that goes round in vain takes the lock')
            ? enter('lockedReader', self, times)
            : enter('round', self, times, round);
      const epochFirst = keeps('a reader loads the epoch before the count of buckets');
      let epoch = epochFirst ? yield load('epoch', W.EPOCH) : 0;
      const buckets = yield load('buckets', W.BUCKETS);
      if (!epochFirst) epoch = yield load('epoch', W.EPOCH);
      if ((epoch & 1) !== 0) return again;
      const found: Found[] = [];
      const together = keeps('getMany checks all versions together');
      for (const key of self.keys) {
        const one = yield* look(key, buckets);
        if (one === undefined) return again;
        if (!together && !(yield* isUnchanged(one))) return again;
        found.push(one);
      }
      const checksEpoch = keeps('a reader checks the epoch again');
      const versionFirst = keeps('a reader checks the version first, then the epoch');
      if (checksEpoch && !versionFirst && (yield load('epoch', W.EPOCH)) !== epoch) return again;
      if (together) for (const one of found) if (!(yield* isUnchanged(one))) return again;
      if (checksEpoch && versionFirst && (yield load('epoch', W.EPOCH)) !== epoch) return again;
      yield say(self.reader, found);
      const [{ value, bucket, version }] = found;
      const cached: Cached | undefined = self.caches && value > 0 ? { value, bucket, version, epoch, changes: NEVER } : undefined;
      return enter('reader', self, times - 1, cached);
    },
    /** Under the lock, which repaired what a dead writer left. */
    *lockedRead(self: Reader, times: number): Program {
      const found: { key: number; value: number }[] = [];
      for (const key of self.keys) {
        const value = yield step(`reads key ${key} under the lock`, (memory) => {
          const bucket = address(key, memory[W.BUCKETS]);
          for (let slot = 0; slot < SLOTS; slot++) {
            const place = memory[W.LOCATION + slotOf(bucket, slot)];
            if (place !== 0 && memory[W.KEY + place] === key + 1) return memory[W.VALUE + place];
          }
          return 0;
        });
        found.push({ key, value });
      }
      yield say(self.reader, found);
      return enter('unlocker', enter('reader', self, times - 1, undefined));
    },
  };
}

if (KEYS > 2) throw new Error('answers have room for two keys');
