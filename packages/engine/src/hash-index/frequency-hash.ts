// What eviction needs of the index, in the two bits that a tag leaves free. In a filled slot they count how often the entry was read, up to 3; readers do that without
// a lock. A slot that eviction emptied keeps its tag, as a ghost: a key that comes back while its ghost is there was evicted too early. The bits of a ghost are its age: 3
// is new, and each further ghost of the bucket makes it older; the oldest is the first whose slot is used again.
// Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP 2023, calls them so.

import * as L from '../layout.js';
import { END_OF_SLOTS } from './buckets.js';
import { LinearHash } from './linear-hash.js';

const { Bucket } = L;
const BITS = ~L.TAG_MASK;

/** Counts a read of the entry in a slot. Only that exact word is replaced: whatever else has become of the slot, or of its memory, stays as it is. */
export function countRead(words: Int32Array, at: number): void {
  const word = words[at];
  if ((word & BITS) !== L.MAX_FREQUENCY) Atomics.compareExchange(words, at, word, word + 1);
}

export class FrequencyHash extends LinearHash {
  /** Counts a read of the entry under the cursor. */
  countRead(): void {
    countRead(this.words, this.bucket + this.slot);
  }

  /** The slot under the cursor, for who counts later reads of it: while the bucket's version is the same, so is the slot. */
  get slotAt(): number {
    return this.bucket + this.slot;
  }

  get slotWords(): Int32Array {
    return this.words;
  }

  get frequency(): number {
    return this.words[this.bucket + this.slot] & BITS;
  }

  set frequency(frequency: number) {
    this.words[this.bucket + this.slot] = this.tag | frequency;
  }

  /** Empties the slot under the cursor; its tag stays, as a ghost. */
  evict(): void {
    const { words, bucket } = this;
    this.change(words, bucket + this.slot + 1, 0);
    for (let at = bucket + Bucket.SLOTS; at < bucket + END_OF_SLOTS; at += 2) if (words[at + 1] === 0 && (words[at] & BITS) > 1) words[at]--;
    words[bucket + this.slot] = this.tag | L.MAX_FREQUENCY;
  }

  /**
   * After a lookup that found nothing: whether its key was evicted of late. Chooses the slot for it: its ghost's, or an empty one, or the oldest ghost's; where there is none,
   * `reserve` links another bucket.
   */
  recall(): boolean {
    const { tag } = this;
    this.seek(this.address(tag, this.buckets));
    this.empty = -1;
    for (let hops = 0, age = L.MAX_FREQUENCY + 1; ; hops++) {
      const { words, bucket } = this;
      for (let at = bucket + Bucket.SLOTS; at < bucket + END_OF_SLOTS; at += 2) {
        if (words[at + 1] !== 0) continue;
        const bits = words[at] & BITS;
        const isGhost = bits !== 0 && (words[at] & L.TAG_MASK) === tag;
        if (!isGhost && bits >= age) continue;
        this.emptyWords = words;
        this.empty = at;
        if (isGhost) return true;
        age = bits;
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) return false;
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
  }
}
