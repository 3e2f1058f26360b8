// The index: hash -> location, by linear hashing (Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980).
// It grows one bucket at a time, in segments of the same file, so there is never a pause to rehash. It knows nothing of records: the caller compares keys.
// A lookup is `first(tag)`, then `next()` until a location's key is the right one; the cursor then stands on the slot for `replace` and `remove`.
// Who holds no lock calls `beginRead` first, and believes what it found only if `isStable` says so after it was used (a seqlock per bucket:
// H.-J. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012).

import * as L from '../layout.js';
import { Buckets, END_OF_SLOTS } from './buckets.js';
import { fenceLoads, ORDERED_LOADS, ORDERED_STORES } from './ordering.js';

const { Bucket, Control, Intent, SegmentKind } = L;

/** The version of a bucket as a reading found it. */
export interface NotedRead {
  words: Int32Array;
  home: number;
  version: number;
}

export class LinearHash extends Buckets {
  /** What `beginRead` found: the bucket and its version. */
  private read = 0;
  private version = 0;
  protected slot = 0;
  protected tag = 0;
  /** First empty slot that the lookup passed: its words and place, -1 if none. */
  protected emptyWords!: Int32Array;
  protected empty = -1;
  /** Entries a bucket, on average, above which the table grows. */
  slotsBeforeSplit: number = L.SLOTS_BEFORE_SPLIT;

  /** The bucket that a tag belongs to when there are `buckets` of them. Without a branch: one that is first taken late would cost all compiled code that it is inlined in. */
  address(tag: number, buckets: number): number {
    const mask = -1 >>> Math.clz32((buckets - 1) | 1);
    const bucket = (tag >>> 2) & mask;
    const exists = (bucket - buckets) >> 31; // all ones, or none
    return bucket & (exists | (mask >>> 1));
  }

  /** Like `first`, for a reader without the lock: notes what it relies on; `next` then gives the first match. False if the bucket is being changed, or can't be found yet: try again. */
  beginRead(tag: number): boolean {
    const { control } = this;
    // The epoch first: a bucket of the table as it was before it was emptied is in no table any more, and its version never changes.
    if ((ORDERED_LOADS ? control[Control.EPOCH] : Atomics.load(control, Control.EPOCH)) !== this.epoch && !this.locate()) return false;
    const bucket = this.address(tag, ORDERED_LOADS ? control[Control.BUCKETS] : Atomics.load(control, Control.BUCKETS));
    if (!this.isPlaced(bucket) && !(this.locate() && this.isPlaced(bucket))) return false;
    this.seek(bucket);
    this.read = bucket;
    const at = this.home + Bucket.VERSION;
    this.version = ORDERED_LOADS ? this.homeWords[at] : Atomics.load(this.homeWords, at);
    this.slot = Bucket.SLOTS - 2;
    this.tag = tag;
    this.empty = -1;
    return (this.version & 1) === 0;
  }

  /** Whether all that was read since `beginRead` was there at one moment. The epoch last: versions begin anew with it. */
  isStable(): boolean {
    fenceLoads();
    return Atomics.load(this.homeWords, this.home + Bucket.VERSION) === this.version && this.control[Control.EPOCH] === this.epoch;
  }

  /** The same for a lookup of `tag` that found nothing: a split may have moved the key just before. */
  isMissStable(tag: number): boolean {
    return this.isStable() && this.address(tag, Atomics.load(this.control, Control.BUCKETS)) === this.read;
  }

  /** What `isStable` of the present reading will ask, for readings that count together. */
  notedRead(): NotedRead {
    return { words: this.homeWords, home: this.home, version: this.version };
  }

  /** Whether noted readings of this epoch were all there at one moment. */
  areStable(noted: readonly NotedRead[], epoch: number): boolean {
    fenceLoads();
    return noted.every(({ words, home, version }) => Atomics.load(words, home + Bucket.VERSION) === version) && this.control[Control.EPOCH] === epoch;
  }

  /** Puts the cursor before the first slot of a tag's bucket, and moves it to the first match; 0 if there is none. */
  first(tag: number): number {
    this.seek(this.address(tag, this.control[Control.BUCKETS]));
    this.slot = Bucket.SLOTS - 2;
    this.tag = tag;
    this.empty = -1;
    return this.next();
  }

  /** Moves the cursor to the next slot with its tag; returns that slot's location, 0 at the end of the chain. */
  next(): number {
    const { tag } = this;
    let { words, bucket, slot } = this;
    for (let hops = 0; ; ) {
      const end = bucket + END_OF_SLOTS;
      for (let at = bucket + slot + 2; at < end; at += 2) {
        const location = words[at + 1];
        if (location === 0) {
          if (this.empty < 0) {
            this.emptyWords = words;
            this.empty = at;
          }
        } else if ((words[at] & L.TAG_MASK) === tag) {
          this.slot = at - bucket;
          return location;
        }
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) return 0;
      if (++hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
      ({ words, bucket } = this);
      slot = Bucket.SLOTS - 2;
    }
  }

  /** Lets the slot under the cursor point elsewhere. One store: there is no moment without the key. */
  replace(location: number): void {
    this.change(this.words, this.bucket + this.slot + 1, location);
  }

  /** Empties the slot under the cursor. */
  remove(): void {
    const at = this.bucket + this.slot;
    this.change(this.words, at + 1, 0);
    // In a cache, a tag that stands alone is that of an entry that was evicted.
    this.words[at] = 0;
  }

  /**
   * Stores a slot's location while the bucket's version is odd: without that, a reader could be told the new value, and another the old one, from an
   * object cache, after it. All before anything that the slot led to is used again. Inside a batch the version is odd already, and stays so.
   */
  protected change(words: Int32Array, at: number, location: number): void {
    const { homeWords } = this;
    const version = this.home + Bucket.VERSION;
    const before = homeWords[version];
    Atomics.store(homeWords, version, before | 1);
    if (ORDERED_STORES) words[at] = location;
    else Atomics.store(words, at, location);
    Atomics.store(homeWords, version, (before + 2) | 0);
  }

  /** Makes the version of a tag's bucket odd: from here to `closeBucket` no reader believes what it sees there. */
  openBucket(tag: number): void {
    this.seek(this.address(tag, this.control[Control.BUCKETS]));
    const { homeWords } = this;
    Atomics.store(homeWords, this.home + Bucket.VERSION, homeWords[this.home + Bucket.VERSION] | 1);
  }

  /** Makes it even again, and another than before. Twice does no harm. */
  closeBucket(tag: number): void {
    this.seek(this.address(tag, this.control[Control.BUCKETS]));
    const { homeWords } = this;
    const version = homeWords[this.home + Bucket.VERSION];
    if ((version & 1) !== 0) Atomics.store(homeWords, this.home + Bucket.VERSION, (version + 1) | 0);
  }

  /**
   * After a lookup that found nothing: sees to it that there is an empty slot for its tag, linking an overflow bucket if need be.
   * False, with nothing changed, if that needs a segment: call `addOverflow`, look up again (room may have been made by cleaning), and reserve again.
   */
  reserve(): boolean {
    if (this.empty >= 0) return true;
    // The cursor stands on the last bucket of the chain, and all of it is full.
    if (!this.toEmptySlot()) return false;
    this.emptyWords = this.words;
    this.empty = this.bucket + this.slot;
    return true;
  }

  private toEmptySlot(): boolean {
    for (let hops = 0; ; hops++) {
      const { words, bucket } = this;
      for (let slot: number = Bucket.SLOTS; slot < END_OF_SLOTS; slot += 2) {
        if (words[bucket + slot + 1] === 0) {
          this.slot = slot;
          return true;
        }
      }
      let link = words[bucket + Bucket.LINK];
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      if (link === 0) {
        if (this.spareOverflow() < 1) return false;
        link = this.newOverflow();
        // Last: an unlinked bucket harms no one.
        words[bucket + Bucket.LINK] = link;
      }
      this.follow(link);
    }
  }

  /** Fills the slot that `reserve` found. Tag first: a slot without a location is empty. */
  fill(location: number): void {
    const { emptyWords, empty } = this;
    emptyWords[empty] = this.tag;
    this.change(emptyWords, empty + 1, location);
  }

  /** Makes empty slots in the buckets of these tags: one for each. For batches; throws `ERR_STORE_FULL`, having linked empty buckets at most. */
  reserveAll(tags: readonly number[]): void {
    const wanted = new Map<number, number>();
    for (const tag of tags) {
      const bucket = this.address(tag, this.buckets);
      wanted.set(bucket, (wanted.get(bucket) ?? 0) + 1);
    }
    while (this.spareOverflow() < wanted.size + tags.length / L.BUCKET_SLOTS) this.addOverflow();
    for (const [bucket, count] of wanted) this.widen(bucket, count);
  }

  /** Links overflow buckets until a bucket has `count` empty slots. */
  private widen(bucket: number, count: number): void {
    this.seek(bucket);
    for (let empty = 0, hops = 0; ; hops++) {
      const { words, bucket: at } = this;
      for (let slot: number = Bucket.SLOTS; slot < END_OF_SLOTS; slot += 2) if (words[at + slot + 1] === 0) empty++;
      let link = words[at + Bucket.LINK];
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      if (link === 0) {
        if (empty >= count) return;
        link = this.newOverflow();
        words[at + Bucket.LINK] = link;
      }
      this.follow(link);
    }
  }

  /** Whether the table has too few buckets for `count` entries. */
  isCrowded(count: number): boolean {
    return count > this.control[Control.BUCKETS] * this.slotsBeforeSplit;
  }

  /** Adds one bucket, and moves to it what belongs there. Throws `ERR_STORE_FULL` before anything changed. */
  split(): void {
    const { control } = this;
    const target = control[Control.BUCKETS];
    if (target >>> this.shift >= this.primary.segments.length) this.extend(this.primary, SegmentKind.INDEX);
    const source = this.address(target << 2, target);
    // All segments it may need come first: taking one may clean, and cleaning moves what is being copied here.
    this.seek(source);
    if (this.words[this.bucket + Bucket.LINK] !== 0) while (this.spareOverflow() < this.chainLength(source)) this.addOverflow();
    this.copyMovers(source, target);
    control[Control.INTENT_LOCATION] = source;
    control[Control.INTENT] = Intent.SPLIT;
    this.openBucket(source << 2);
    Atomics.store(control, Control.BUCKETS, target + 1);
    this.purge(source);
    control[Control.INTENT] = Intent.NONE;
  }

  /** Fills bucket `target`, which no one can address yet, with what belongs there when it is counted. An interrupted split may have left something in it. */
  private copyMovers(source: number, target: number): void {
    this.seek(target);
    let { words: toWords, bucket: to } = this;
    toWords.fill(0, to, to + L.BUCKET_WORDS);
    let slot: number = Bucket.SLOTS;
    this.seek(source);
    for (;;) {
      const { words, bucket } = this;
      for (let at = bucket + Bucket.SLOTS, end = bucket + END_OF_SLOTS; at < end; at += 2) {
        if (words[at + 1] === 0 || this.address(words[at], target + 1) !== target) continue;
        if (slot === END_OF_SLOTS) {
          const link = this.newOverflow();
          toWords[to + Bucket.LINK] = link;
          this.follow(link);
          toWords = this.words;
          to = this.bucket;
          this.words = words;
          this.bucket = bucket;
          slot = Bucket.SLOTS;
        }
        toWords[to + slot] = words[at];
        toWords[to + slot + 1] = words[at + 1];
        slot += 2;
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) return;
      this.follow(link);
    }
  }

  /** Empties the slots of a bucket that belong to another since a split. Run again by repair. */
  purge(source: number): void {
    const buckets = this.control[Control.BUCKETS];
    this.seek(source);
    const { words: home, bucket: homeAt } = this;
    for (let hops = 0; ; hops++) {
      const { words, bucket } = this;
      for (let at = bucket + Bucket.SLOTS, end = bucket + END_OF_SLOTS; at < end; at += 2) {
        // The tag too, as in `remove`.
        if (words[at + 1] !== 0 && this.address(words[at], buckets) !== source) words[at] = words[at + 1] = 0;
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) break;
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
    if (home[homeAt + Bucket.LINK] !== 0) {
      this.seek(source);
      this.dropEmptyOverflow();
    }
    // Last: until here a reader that followed a link may have followed it into another chain.
    this.closeBucket(source << 2);
  }

  /** The buckets that hold, when there are `now` of them, what bucket `bucket` held when there were `buckets`. */
  *descendants(bucket: number, buckets: number, now: number): Generator<number> {
    // Bucket b of n covers hashes that equal b modulo the table's doubling it has been split to.
    const doubling = buckets === 1 ? 1 : 2 ** (32 - Math.clz32(buckets - 1));
    const wasSplit = bucket >= doubling / 2 || bucket + doubling / 2 < buckets;
    const step = buckets === 1 ? 1 : wasSplit ? doubling : doubling / 2;
    for (let at = bucket; at < now; at += step) yield at;
  }
}
