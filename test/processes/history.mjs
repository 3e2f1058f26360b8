// What is written under which key, and what a read of it may then be. Each value names its key, its writer and the number of its write, so that a reader can judge it alone:
// it was written at all, and it is not older than what this reader has seen, or than what had returned anywhere when the read began.
import { OWNED } from './board.mjs';

export const CONTENDED = 12;
export const BATCHES = 6;
export const BATCH_KEYS = 4;
export const STABLE = 1500;

/** One in four is of characters that a byte each can't hold. */
const PADS = Array.from({ length: 64 }, (_, i) => String.fromCharCode(i % 4 === 1 ? 0x20ac + i : 33 + i).repeat((i * 37) % 180));
const padOf = (a, b, n) => PADS[(a * 31 + b * 7 + n) & 63];

export class Wrong extends Error {}

// Keys of one writer: sets, deletes and sets that expire, in an order that everyone knows.

export const ownedKey = (member, i) => `owned:${member}:${i}`;

/** What write number `n` of an owned key does. */
export const kindOf = (i, n) => (n % 7 === 3 ? 'delete' : (n + i) % 5 === 1 ? 'expiring' : 'set');

export const ownedValue = (member, i, n, expiresAt) => `${member}|${i}|${n}|${expiresAt}|${padOf(member, i, n)}`;

/** Keys that never go, some of them in chains. All members write them again and again, the same. */
export const stableKey = (i) => `stable:${i}`;
const stableValues = [];
export const stableValue = (i) => (stableValues[i] ??= i % 250 === 7 ? `${i}|`.repeat(9000) : `stable ${i} ${PADS[i & 63]}`);

export const contendedKey = (i) => `contended:${i}`;
export const contendedValue = (i, writer, number) => ({ key: i, writer, number, pad: padOf(i, writer, number) });

export const batchKey = (batch, i) => `batch:${batch}:${i}`;
export const batchValue = (batch, writer, number) => `${batch}|${writer}|${number}|${padOf(batch, writer, number)}`;

/** What one reader has seen, and judges by. */
export class History {
  constructor(board) {
    this.board = board;
    /** By owned key: the latest write seen. */
    this.owned = new Map();
    /** By other key: what was seen last, and the latest of each writer. */
    this.seen = new Map();
  }

  /** Reads an owned key. `now` in ms, taken before the read. */
  readOwned(store, member, i) {
    const { board } = this;
    const key = ownedKey(member, i);
    const returned = board.lastReturned(member, i);
    const now = Date.now();
    const value = store.get(key);
    const started = board.lastStarted(member, i);
    const at = member * OWNED + i;
    const least = Math.max(returned, this.owned.get(at) ?? 0);
    if (value === undefined) {
      for (let n = least; n <= started; n++) if (n === 0 || kindOf(i, n) !== 'set') return;
      throw new Wrong(`${key} is missing: writes ${least} to ${started} are sets`);
    }
    const [, , n, expiresAt] = String(value).split('|', 4).map(Number);
    if (value !== ownedValue(member, i, n, expiresAt) || kindOf(i, n) === 'delete') throw new Wrong(`${key} holds what was never written: ${value}`);
    if (n < least) throw new Wrong(`${key} holds write ${n}, and write ${least} had returned or been seen before`);
    if (n > started) throw new Wrong(`${key} holds write ${n}, and only ${started} had been begun`);
    if (expiresAt !== 0 && expiresAt <= now) throw new Wrong(`${key} expired at ${expiresAt}, and was read at ${now}`);
    this.owned.set(at, n);
  }

  /** Judges what was read from a key that several write. */
  judge(key, found) {
    let seen = this.seen.get(key);
    if (seen === undefined) this.seen.set(key, (seen = { writer: -1, number: 0, latest: [] }));
    if (found === undefined) {
      seen.writer = -1;
      return;
    }
    const { writer, number } = found;
    if (seen.writer === writer && seen.number === number) return;
    if (number <= (seen.latest[writer] ?? 0)) throw new Wrong(`${key} holds write ${number} of ${writer} again, after something newer`);
    if (number > this.board.get(writer, 9)) throw new Wrong(`${key} holds write ${number} of ${writer}, which has not been begun`);
    this.wrote(key, found);
  }

  /** This member's own write is the latest it knows of. */
  wrote(key, { writer, number }) {
    let seen = this.seen.get(key);
    if (seen === undefined) this.seen.set(key, (seen = { writer: -1, number: 0, latest: [] }));
    seen.writer = writer;
    seen.number = seen.latest[writer] = number;
  }

  /** This member's own delete: what it saw before must not come back. */
  deleted(key) {
    this.judge(key, undefined);
  }

  readContended(store, i) {
    const key = contendedKey(i);
    const value = store.get(key);
    if (value !== undefined) {
      const { key: of, writer, number, pad } = value;
      if (of !== i || pad !== padOf(i, writer, number)) throw new Wrong(`${key} holds what was never written: ${JSON.stringify(value)}`);
    }
    this.judge(key, value);
  }

  readBatch(store, batch) {
    const keys = Array.from({ length: BATCH_KEYS }, (_, i) => batchKey(batch, i));
    const values = store.getMany(keys);
    if (values.some((value) => value !== values[0])) throw new Wrong(`batch ${batch} was seen half done: ${JSON.stringify(values)}`);
    const [value] = values;
    if (value === undefined) return this.judge(`batch:${batch}`, undefined);
    const [of, writer, number] = value.split('|', 3).map(Number);
    if (of !== batch || value !== batchValue(batch, writer, number)) throw new Wrong(`batch ${batch} holds what was never written: ${value}`);
    this.judge(`batch:${batch}`, { writer, number });
  }

  readStable(store, i) {
    const value = store.get(stableKey(i));
    if (value !== stableValue(i)) throw new Wrong(`${stableKey(i)} was never deleted, and holds ${String(value).slice(0, 60)}`);
  }

  /** Walks over all keys: what is there throughout comes exactly once. */
  walk(store) {
    const times = new Uint8Array(STABLE);
    for (const key of store.keys()) if (key.startsWith('stable:')) times[Number(key.slice(7))]++;
    const wrong = times.findIndex((count) => count !== 1);
    if (wrong >= 0) throw new Wrong(`a walk met ${stableKey(wrong)} ${times[wrong]} times`);
  }
}
