// Who has the file open. Each opener holds a kernel lock on a byte of its own, so the kernel says who is alive: not a pid, which lies across containers and
// is given again, and not a time-out, which takes a paused process for a dead one.

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import type { MappedFile } from '../mapping/mapping.js';
import { patiently } from './patience.js';
import type { SegmentFile } from './segment-file.js';

const { Control, LockByte, Opener } = L;
const TOKEN_MASK = 2 ** L.TOKEN_BITS - 1;
const GENERATION_MASK = 2 ** (31 - L.TOKEN_BITS) - 1;

/** Whether another open of the file is established. */
export function hasOthers(file: MappedFile): boolean {
  return file.isLocked(LockByte.OPENERS, L.MAX_OPENERS);
}

/** Runs `work` while no other opener opens or closes the file; readers do not exclude each other. */
export function whileOpening<T>(file: MappedFile, mode: 'shared' | 'exclusive', timeout: number, work: () => T): T {
  if (!patiently(timeout, () => file.tryLock(LockByte.OPEN, 1, mode))) {
    const why = `another process opens or closes it for ${timeout} ms: it recovers, or is paused; try again, or raise busyTimeout`;
    throw new StoreError('ERR_STORE_BUSY', `${file.path} is busy: ${why}`, { path: file.path });
  }
  try {
    return work();
  } finally {
    file.unlock(LockByte.OPEN, 1);
  }
}

/** The token in a lock word: which slot its holder has. */
export function tokenOf(word: number): number {
  return word & TOKEN_MASK;
}

export class Openers {
  private readonly space: SegmentFile;
  private readonly counts: Int32Array;
  private slot = -1;
  /** This opener in a lock word: never 0, and never what an earlier holder of the slot had. */
  word = 0;

  constructor(space: SegmentFile) {
    this.space = space;
    this.counts = new Int32Array(space.head.bytes.buffer, space.head.bytes.byteOffset + L.OPENERS_OFFSET, L.MAX_OPENERS * Opener.WORDS);
  }

  /** Its slot and 1; 0 for who only reads. */
  get token(): number {
    return this.slot + 1;
  }

  /** Takes a free slot. Call while OPEN is held and memory is known to be intact. */
  join(): void {
    const { file, control } = this.space;
    for (let slot = 0; slot < L.MAX_OPENERS; slot++) {
      if (!file.tryLock(LockByte.OPENERS + slot, 1, 'exclusive')) continue;
      this.slot = slot;
      const generation = (control[Control.GENERATIONS] + 1) & GENERATION_MASK;
      control[Control.GENERATIONS] = generation;
      this.word = (generation << L.TOKEN_BITS) | this.token;
      // What a dead opener left in the slot.
      this.sumUp();
      Atomics.store(this.counts, slot * Opener.WORDS + Opener.WORD, this.word);
      return;
    }
    throw new StoreError('ERR_STORE_BUSY', `${file.path} has ${L.MAX_OPENERS} openers, the most there can be: close it in some of them`, { path: file.path });
  }

  /** Gives the slot back. */
  leave(): void {
    if (this.slot < 0) return;
    this.sumUp();
    Atomics.store(this.counts, this.slot * Opener.WORDS + Opener.WORD, 0);
    this.space.file.unlock(LockByte.OPENERS + this.slot, 1);
    this.slot = -1;
  }

  private sumUp(): void {
    const { control } = this.space;
    for (const [field, total] of TOTALS) {
      control[total] += this.counts[this.slot * Opener.WORDS + field];
      this.counts[this.slot * Opener.WORDS + field] = 0;
    }
  }

  /** Whether the holder of a lock word is alive. */
  isAlive(word: number): boolean {
    const token = tokenOf(word);
    if (token === this.token) return word === this.word;
    return this.isOther(token);
  }

  /** Whether a token is another opener's, who is alive. */
  isOther(token: number): boolean {
    return token !== this.token && token >= 1 && token <= L.MAX_OPENERS && this.space.file.isLocked(LockByte.OPENERS + token - 1, 1);
  }

  /** This opener, by a name that no other ever has in this file: for what lies in entries, which outlive openers and sessions. `undefined` for who only reads. */
  get identity(): string | undefined {
    if (this.slot < 0) return undefined;
    return [this.space.control[Control.SESSION], this.word].map((word) => (word >>> 0).toString(16)).join('-');
  }

  /** Whether the opener of that name is alive. A token alone doesn't tell: the slot may have another holder by now. */
  isNamedAlive(identity: string): boolean {
    const [session, word] = identity.split('-').map((part) => Number.parseInt(part, 16) | 0);
    const token = tokenOf(word);
    if (session !== this.space.control[Control.SESSION] || token < 1 || token > L.MAX_OPENERS) return false;
    return Atomics.load(this.counts, (token - 1) * Opener.WORDS + Opener.WORD) === word && this.isAlive(word);
  }

  /** Counts one event of this opener. */
  count(field: number): void {
    if (this.slot >= 0) this.counts[this.slot * Opener.WORDS + field]++;
  }

  /** What this opener counted, and what all did in this session. */
  totals(field: number): { own: number; all: number } {
    const total = (TOTALS.find(([own]) => own === field) as readonly [number, number])[1];
    let all = this.space.control[total];
    for (let slot = 0; slot < L.MAX_OPENERS; slot++) all += this.counts[slot * Opener.WORDS + field];
    return { own: this.slot < 0 ? 0 : this.counts[this.slot * Opener.WORDS + field], all };
  }

  /** Openers that are alive and may write, this one included. */
  get live(): number {
    return (this.slot < 0 ? 0 : 1) + this.countOthers(0, L.MAX_OPENERS);
  }

  /** Others in `[slot, slot + count)`: by halves, since each question is a system call and most slots are free. */
  private countOthers(slot: number, count: number): number {
    if (!this.space.file.isLocked(LockByte.OPENERS + slot, count)) return 0;
    if (count === 1) return 1;
    const half = count >> 1;
    return this.countOthers(slot, half) + this.countOthers(slot + half, count - half);
  }
}

const TOTALS = [
  [Opener.LOCK_WAITS, Control.LOCK_WAITS],
  [Opener.REPAIRS, Control.REPAIRS],
  [Opener.RETRIES, Control.RETRIES],
] as const;
