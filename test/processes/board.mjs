// Words that all members of a crowd share beside the store under test, in a file of their own: who started and finished which write, and what each has counted.
// Not part of what is tested: it survives the SIGKILL of any of them, and tells readers of one process what writers of another have promised.
import { chooseMapping } from '../../packages/engine/dist/mapping/choose.js';

export const MEMBERS = 9;
/** Keys that one member alone writes. */
export const OWNED = 16;
const SAMPLES = 512;

/** Words of a member. */
export const Count = { READS: 0, WRITES: 1, BATCHES: 2, WALKS: 3, TAKE_OVERS: 5, RETRIES: 6, LOCK_WAITS: 7, CACHE_HITS: 8, NUMBER: 9, LEFT: 10, SAMPLES: 16 };
const MEMBER_WORDS = Count.SAMPLES + 2 * SAMPLES;
const KEYS_AT = 16 + MEMBERS * MEMBER_WORDS;
const BYTES = 4096 * Math.ceil(((KEYS_AT + MEMBERS * OWNED * 2) * 4) / 4096);

export class Board {
  static create(path) {
    chooseMapping().create(path, new Uint8Array(0), BYTES);
    return new Board(path);
  }

  constructor(path) {
    this.file = chooseMapping().open(path, { readOnly: false });
    this.words = this.file.map(0, BYTES).words;
  }

  get stopped() {
    return Atomics.load(this.words, 0) !== 0;
  }

  stop() {
    Atomics.store(this.words, 0, 1);
  }

  resume() {
    Atomics.store(this.words, 0, 0);
  }

  add(member, field, count = 1) {
    Atomics.add(this.words, 16 + member * MEMBER_WORDS + field, count);
  }

  get(member, field) {
    return Atomics.load(this.words, 16 + member * MEMBER_WORDS + field);
  }

  /** A number that no write of this member had before. Its readers believe none above it. */
  nextNumber(member) {
    return Atomics.add(this.words, 16 + member * MEMBER_WORDS + Count.NUMBER, 1) + 1;
  }

  /** Adds up a count of all members. */
  sum(field) {
    let sum = 0;
    for (let member = 0; member < MEMBERS; member++) sum += this.get(member, field);
    return sum;
  }

  /** Notes of a write that took the lock from a dead holder how long it took, and how much of that came after the holder was last known to be alive, µs. */
  tookOver(member, whole, afterDeath) {
    const at = 16 + member * MEMBER_WORDS + Count.SAMPLES + 2 * (this.get(member, Count.TAKE_OVERS) % SAMPLES);
    Atomics.store(this.words, at, Math.round(whole));
    Atomics.store(this.words, at + 1, Math.round(afterDeath));
    this.add(member, Count.TAKE_OVERS);
  }

  /** The last ones of each member. */
  takeOvers() {
    const found = [];
    for (let member = 0; member < MEMBERS; member++) {
      for (let i = 0; i < Math.min(SAMPLES, this.get(member, Count.TAKE_OVERS)); i++) {
        const at = Count.SAMPLES + 2 * i;
        found.push({ whole: this.get(member, at), afterDeath: this.get(member, at + 1) });
      }
    }
    return found;
  }

  /** The owner of key `i` is about to make its write number `n`. */
  started(member, i, n) {
    Atomics.store(this.words, KEYS_AT + (member * OWNED + i) * 2, n);
  }

  /** It returned. */
  returned(member, i, n) {
    Atomics.store(this.words, KEYS_AT + (member * OWNED + i) * 2 + 1, n);
  }

  lastStarted(member, i) {
    return Atomics.load(this.words, KEYS_AT + (member * OWNED + i) * 2);
  }

  lastReturned(member, i) {
    return Atomics.load(this.words, KEYS_AT + (member * OWNED + i) * 2 + 1);
  }

  close() {
    this.words = undefined;
    this.file.close();
  }
}
