// What eviction needs of the index, in bits that it leaves free. The two low bits of a filled slot's tag count how often the entry was read, up to 3; readers do that without a
// lock. A slot that eviction emptied keeps a part of the tag, as a ghost: a key that comes back while its ghost counts was evicted too early. A ghost says when it was made, by
// a clock that counts bytes; slots of old ones are used again first.
// Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023, has both in tables of their own.

import * as L from '../layout.js';
import { END_OF_SLOTS } from './buckets.js';
import { LinearHash } from './linear-hash.js';

const { Bucket } = L;
const BITS = ~L.TAG_MASK;

/** Counts a read of the entry whose tag is in a slot. Only that word is replaced: whatever else has become of the slot, or of its memory, stays as it is. */
export function countRead(words: Int32Array, at: number, tag: number): void {
  const word = words[at];
  if ((word & BITS) !== L.MAX_FREQUENCY && (word & L.TAG_MASK) === tag) Atomics.compareExchange(words, at, word, word + 1);
}

export class FrequencyHash extends LinearHash {
  /** Counts a read of the entry under the cursor. */
  countRead(): void {
    countRead(this.words, this.bucket + this.slot, this.tag);
  }

  /** The slot under the cursor, for who counts later reads of it: while the bucket's version is the same, so is the slot. */
  get slotAt(): number {
    return this.bucket + this.slot;
  }

  get slotWords(): Int32Array {
    return this.words;
  }

  get slotTag(): number {
    return this.tag;
  }

  get frequency(): number {
    return this.words[this.bucket + this.slot] & BITS;
  }

  set frequency(frequency: number) {
    this.words[this.bucket + this.slot] = this.tag | frequency;
  }

  /** Empties the slot under the cursor; its key is remembered, as of `clock`. */
  leaveGhost(clock: number): void {
    const { words } = this;
    const at = this.bucket + this.slot;
    this.change(words, at + 1, 0);
    words[at] = (this.tag & L.GHOST_MASK) | ((clock & L.GHOST_AGE_MASK) << L.GHOST_AGE_SHIFT) | L.GHOST_MARK;
  }

  /**
   * After a lookup that found nothing: whether its key is remembered at `clock`. Chooses the slot for it: its ghost's, or an empty one, or the oldest ghost's; where there is
   * none, `reserve` links another bucket. Forgets what is too old to count: before its clock has gone round.
   */
  recall(clock: number): boolean {
    const { tag } = this;
    this.seek(this.address(tag, this.buckets));
    this.empty = -1;
    for (let hops = 0, oldest = -1; ; hops++) {
      const { words, bucket } = this;
      for (let at = bucket + Bucket.SLOTS; at < bucket + END_OF_SLOTS; at += 2) {
        if (words[at + 1] !== 0) continue;
        const ghost = words[at];
        let age = (clock - (ghost >>> L.GHOST_AGE_SHIFT)) & L.GHOST_AGE_MASK;
        if ((ghost & BITS) !== L.GHOST_MARK || age > L.GHOST_TICKS) {
          words[at] = 0;
          age = L.GHOST_AGE_MASK;
        } else if ((ghost & L.GHOST_MASK) === (tag & L.GHOST_MASK)) {
          this.emptyWords = words;
          this.empty = at;
          return true;
        }
        if (age <= oldest) continue;
        oldest = age;
        this.emptyWords = words;
        this.empty = at;
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) return false;
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
  }
}
