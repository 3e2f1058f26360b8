// The model's writers: openers, and the lock.

import { type Change, changes as makeChanges, type Part } from './changes.js';
import { type Entry, enter, type Program, type Programs } from './explore.js';
import { assertOnlyHolder, exchange, load, PLACES, step, store, W } from './memory.js';
import type { Rule } from './rules.js';

/** An opener: its slot, and the word that it puts into a lock. */
export interface Opener {
  slot: number;
  word: number;
}

export const opener = (slot: number, generation = 1): Opener => ({ slot, word: (generation << 2) | (slot + 1) });

export function writerPrograms(keeps: (rule: Rule) => boolean, tagOf: (key: number) => number): Programs {
  const { repair, change } = makeChanges(keeps, tagOf);

  /** Tries once to take the lock; whether it did. */
  function* tryLock(me: Opener, at: number, name: string, held: (memory: Uint8Array) => void): Part<boolean> {
    const word = yield load(name, at);
    if (word === 0) return (yield exchange(name, at, 0, me.word, held)) === 1;
    const dead = keeps('the kernel says that a holder is dead')
      ? yield step('asks the kernel for the holder', (memory) => (memory[W.ALIVE + (word & 3) - 1] === 0 ? 1 : 0))
      : 1;
    if (dead === 0) return false;
    if (keeps('a dead holder is replaced by compare-exchange')) return (yield exchange(name, at, word, me.word, held)) === 1;
    yield store(name, at, me.word, held);
    return true;
  }

  const tryWriterLock = (me: Opener) => tryLock(me, W.LOCK, 'the lock', (memory) => assertOnlyHolder(memory, me.word));

  const unlock = () =>
    store('the lock', W.LOCK, 0, (memory) => {
      memory[W.HOLDER] = 0;
    });

  /** What the opener knows of the free places: a bit for each that is in use. Read again if another has written since. */
  function* catchUp(me: Opener, used: number): Part<number> {
    const last = yield step('looks at the last writer', (memory) => memory[W.LAST_WRITER]);
    if (last === me.word) return used;
    yield store('last writer', W.LAST_WRITER, me.word);
    if (used >= 0 && !keeps('the lock’s new holder reads again what others changed')) return used;
    return yield step('reads the free places again', (memory) => {
      let bits = 0;
      for (let place = 1; place <= PLACES; place++) if (memory[W.LENGTH + place] !== 0) bits |= 1 << place;
      return bits;
    });
  }

  return {
    /** Makes these changes, one after the other, each under the lock. `used`: what it remembers of the places, -1 for nothing. */
    *writer(me: Opener, changes: readonly Change[], used: number): Program {
      if (changes.length === 0) return undefined;
      const held = yield* tryWriterLock(me);
      return enter(held ? 'holder' : 'writer', me, changes, used);
    },
    *holder(me: Opener, changes: readonly Change[], used: number): Program {
      yield* repair();
      return enter('changer', me, changes, yield* catchUp(me, used));
    },
    *changer(me: Opener, changes: readonly Change[], used: number): Program {
      const after = changes.length === 0 ? used : yield* change(changes[0], used);
      yield unlock();
      return enter('writer', me, changes.slice(1), after);
    },
    /** Opens on a slot that may be a dead opener's: repairs a lock that names it, and goes on as a writer. */
    *opener(slot: number, changes: readonly Change[]): Program {
      const taken = yield step(`takes slot ${slot}`, (memory) => {
        if (memory[W.ALIVE + slot] !== 0) return 0;
        memory[W.ALIVE + slot] = 1;
        return 1;
      });
      if (taken === 0) return undefined;
      const generation = (yield step('takes a generation', (memory) => ++memory[W.GENERATION])) as number;
      const me = opener(slot, keeps('the lock word has a generation') ? generation : 1);
      const word = yield load('the lock', W.LOCK);
      if ((word & 3) !== slot + 1) return enter('writer', me, changes, -1);
      const took = yield exchange('the lock', W.LOCK, word, me.word, (memory) => assertOnlyHolder(memory, me.word));
      return took === 1 ? enter('holder', me, [['nothing'], ...changes], -1) : enter('writer', me, changes, -1);
    },
    /** What a reader does that went round in vain. */
    *lockedReader(self: { me: Opener }, times: number): Program {
      const held = yield* tryWriterLock(self.me);
      return enter(held ? 'repairer' : 'lockedReader', self, times);
    },
    *repairer(self: { me: Opener }, times: number): Program {
      yield* repair();
      return enter('lockedRead', self, times);
    },
    *unlocker(then: Entry): Program {
      yield unlock();
      return then;
    },
  };
}
