// The index: hash -> location, by linear hashing (Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980).
// It grows one bucket at a time, in segments of the same file, so there is never a pause to rehash. It knows nothing of records: the caller compares keys.
// A lookup is `first(tag)`, then `next()` until a location's key is the right one; the cursor then stands on the slot for `replace` and `remove`.

import { StoreError } from '../errors.js';
import type { Segments } from '../file/segments.js';
import * as L from '../layout.js';

const { Bucket, Control, Entry, Intent, SegmentKind } = L;
const END_OF_SLOTS = Bucket.SLOTS + 2 * L.BUCKET_SLOTS;

/** Segments of one kind that together form one array of buckets. */
class BucketArray {
  readonly words: Int32Array[] = [];
  readonly bases: number[] = [];
  readonly segments: number[] = [];
}

export class LinearHash {
  private readonly segments: Segments;
  private readonly control: Int32Array;
  /** Buckets per segment: `1 << shift`. */
  readonly shift: number;
  private readonly mask: number;
  private readonly primary = new BucketArray();
  private readonly overflow = new BucketArray();
  /** The cursor: the words and the place of its bucket, the next slot to look at, and the tag sought. */
  private words!: Int32Array;
  private bucket = 0;
  private slot = 0;
  private tag = 0;
  /** First empty slot that the lookup passed: its words and place, -1 if none. */
  private emptyWords!: Int32Array;
  private empty = -1;
  /** First bucket of the cursor's chain: its version covers the chain. */
  private homeWords!: Int32Array;
  private home = 0;

  constructor(segments: Segments) {
    this.segments = segments;
    this.control = segments.space.control;
    this.shift = segments.space.segmentShift - L.BUCKET_SHIFT;
    this.mask = (1 << this.shift) - 1;
  }

  get buckets(): number {
    return this.control[Control.BUCKETS];
  }

  get overflowBuckets(): number {
    return this.control[Control.OVERFLOW_NEXT];
  }

  /** All segments of the index, primary ones first. */
  get ownSegments(): number[] {
    return [...this.primary.segments, ...this.overflow.segments];
  }

  /** Starts an empty table in fresh segments. */
  create(): void {
    this.forget();
    const { control } = this;
    control[Control.OVERFLOW_NEXT] = 0;
    control[Control.OVERFLOW_FREE] = 0;
    this.extend(this.primary, SegmentKind.INDEX);
    control[Control.BUCKETS] = 1 << this.shift;
    control[Control.EPOCH] = (control[Control.EPOCH] + 1) | 0;
  }

  /** Takes over a segment of an existing table; false if another has its ordinal. */
  adopt(segment: number, kind: number, ordinal: number): boolean {
    const array = kind === SegmentKind.INDEX ? this.primary : this.overflow;
    if (array.segments[ordinal] !== undefined) return false;
    this.place(array, ordinal, segment);
    return true;
  }

  /** After adopting: whether the segments cover all buckets that the control block counts. */
  isComplete(): boolean {
    const { control, shift } = this;
    const covers = (array: BucketArray, count: number) => {
      // A hole in the array is a segment that is missing; `keys` counts what is there.
      return array.segments.length << shift >= count && Object.keys(array.segments).length === array.segments.length;
    };
    return control[Control.BUCKETS] >= 1 && covers(this.primary, control[Control.BUCKETS]) && covers(this.overflow, control[Control.OVERFLOW_NEXT]);
  }

  forget(): void {
    for (const array of [this.primary, this.overflow]) {
      array.words.length = 0;
      array.bases.length = 0;
      array.segments.length = 0;
    }
  }

  private place(array: BucketArray, ordinal: number, segment: number): void {
    const { space } = this.segments;
    array.segments[ordinal] = segment;
    array.words[ordinal] = space.regionOf[segment].words;
    array.bases[ordinal] = space.wordBase[segment];
  }

  private extend(array: BucketArray, kind: number): void {
    const { space } = this.segments;
    const ordinal = array.segments.length;
    const segment = this.takeSegment(kind, ordinal, (zeroed) => {
      const base = space.wordBase[zeroed];
      space.regionOf[zeroed].words.fill(0, base, base + (space.segmentBytes >> 2));
    });
    this.place(array, ordinal, segment);
  }

  /** Set by the store: takes a segment, making room if need be. Throws `ERR_STORE_FULL`. */
  takeSegment: (kind: number, ordinal: number, prepare: (segment: number) => void) => number = () => {
    throw new Error('the index has no source of segments');
  };

  /** The bucket that a tag belongs to when there are `buckets` of them. */
  address(tag: number, buckets: number): number {
    const hash = tag >>> 2;
    const mask = -1 >>> Math.clz32(buckets - 1);
    const bucket = buckets === 1 ? 0 : hash & mask;
    return bucket < buckets ? bucket : bucket & (mask >>> 1);
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

  /** Puts the cursor on overflow bucket `link` (1-based). */
  private follow(link: number): void {
    const id = link - 1;
    if (!(id >= 0 && id < this.overflowBuckets)) throw this.damaged(`overflow bucket ${link} does not exist`);
    this.words = this.overflow.words[id >>> this.shift];
    this.bucket = this.overflow.bases[id >>> this.shift] + ((id & this.mask) << 4);
  }

  private damaged(why: string): StoreError {
    return new StoreError('ERR_STORE_CORRUPT', `the index of ${this.segments.space.file.path} is damaged: ${why}. Close and reopen the store: it is rebuilt from the log`);
  }

  /** Lets the slot under the cursor point elsewhere. One store: there is no moment without the key. */
  replace(location: number): void {
    this.words[this.bucket + this.slot + 1] = location;
    this.homeWords[this.home + Bucket.VERSION] += 2;
  }

  /** Empties the slot under the cursor. */
  remove(): void {
    this.words[this.bucket + this.slot + 1] = 0;
    this.homeWords[this.home + Bucket.VERSION] += 2;
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
    emptyWords[empty + 1] = location;
    this.homeWords[this.home + Bucket.VERSION] += 2;
  }

  /** Overflow buckets that can be linked without another segment (one counts for the whole free list). */
  private spareOverflow(): number {
    const { control, shift, overflow } = this;
    return (overflow.segments.length << shift) - control[Control.OVERFLOW_NEXT] + (control[Control.OVERFLOW_FREE] === 0 ? 0 : 1);
  }

  /** Takes a segment for overflow buckets. Throws `ERR_STORE_FULL`. */
  addOverflow(): void {
    this.extend(this.overflow, SegmentKind.OVERFLOW);
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

  /** Hands out an empty overflow bucket; there must be a spare one. Leaves the cursor's bucket alone. */
  private newOverflow(): number {
    const { control, words, bucket } = this;
    let link = control[Control.OVERFLOW_FREE];
    if (link !== 0) {
      this.follow(link);
      control[Control.OVERFLOW_FREE] = this.words[this.bucket + Bucket.LINK];
    } else {
      // Counted before it is linked: a process that dies between the two leaks these 64 bytes, and never links them twice.
      link = control[Control.OVERFLOW_NEXT] + 1;
      control[Control.OVERFLOW_NEXT] = link;
      this.follow(link);
    }
    this.words.fill(0, this.bucket, this.bucket + L.BUCKET_WORDS);
    this.words = words;
    this.bucket = bucket;
    return link;
  }

  /** Whether the table has too few buckets for `count` entries. */
  isCrowded(count: number): boolean {
    return count > this.control[Control.BUCKETS] * L.SLOTS_BEFORE_SPLIT;
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
    control[Control.BUCKETS] = target + 1;
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
        if (words[at + 1] !== 0 && this.address(words[at], buckets) !== source) words[at + 1] = 0;
      }
      const link = words[bucket + Bucket.LINK];
      if (link === 0) break;
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
    home[homeAt + Bucket.VERSION] += 2;
    if (home[homeAt + Bucket.LINK] !== 0) {
      this.seek(source);
      this.dropEmptyOverflow();
    }
  }

  /** Unlinks the overflow buckets of the cursor's chain that hold nothing, and puts them on the free list. */
  private dropEmptyOverflow(): void {
    const { control } = this;
    let { words, bucket } = this;
    for (let hops = 0; hops <= this.overflowBuckets; hops++) {
      const link = words[bucket + Bucket.LINK];
      if (link === 0) return;
      this.follow(link);
      let used = 0;
      for (let slot: number = Bucket.SLOTS; slot < END_OF_SLOTS; slot += 2) used |= this.words[this.bucket + slot + 1];
      if (used === 0) {
        words[bucket + Bucket.LINK] = this.words[this.bucket + Bucket.LINK];
        this.words[this.bucket + Bucket.LINK] = control[Control.OVERFLOW_FREE];
        control[Control.OVERFLOW_FREE] = link;
      } else ({ words, bucket } = this);
    }
  }

  /** Overflow buckets of a bucket. */
  private chainLength(bucket: number): number {
    this.seek(bucket);
    let length = 0;
    for (let link = this.words[this.bucket + Bucket.LINK]; link !== 0; link = this.words[this.bucket + Bucket.LINK]) {
      if (++length > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
    return length;
  }

  private seek(bucket: number): void {
    const ordinal = bucket >>> this.shift;
    this.words = this.homeWords = this.primary.words[ordinal];
    this.bucket = this.home = this.primary.bases[ordinal] + ((bucket & this.mask) << 4);
  }

  /** Calls `visit` for each filled slot of a bucket and its overflow. `visit` may empty the slot, and may move the cursor. */
  walk(bucket: number, visit: (words: Int32Array, at: number) => void): void {
    this.seek(bucket);
    let { words, bucket: at } = this;
    for (let hops = 0; ; hops++) {
      for (let slot: number = Bucket.SLOTS; slot < END_OF_SLOTS; slot += 2) if (words[at + slot + 1] !== 0) visit(words, at + slot);
      const link = words[at + Bucket.LINK];
      if (link === 0) return;
      if (hops > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
      ({ words, bucket: at } = this);
    }
  }

  /** The buckets that now hold what bucket `bucket` held when there were `buckets` of them. */
  *descendants(bucket: number, buckets: number): Generator<number> {
    // Bucket b of n covers hashes that equal b modulo the table's doubling it has been split to.
    const doubling = buckets === 1 ? 1 : 2 ** (32 - Math.clz32(buckets - 1));
    const wasSplit = bucket >= doubling / 2 || bucket + doubling / 2 < buckets;
    const step = buckets === 1 ? 1 : wasSplit ? doubling : doubling / 2;
    for (let now = bucket; now < this.buckets; now += step) yield now;
  }

  /** Empties the table, keeping its first segment. The caller frees the others. Run again by repair. */
  clear(): number[] {
    const { control, segments } = this;
    const others = this.ownSegments.slice(1);
    control[Control.BUCKETS] = 1 << this.shift;
    control[Control.OVERFLOW_NEXT] = 0;
    control[Control.OVERFLOW_FREE] = 0;
    control[Control.EPOCH] = (control[Control.EPOCH] + 1) | 0;
    const [first] = this.primary.segments;
    const base = segments.space.wordBase[first];
    segments.space.regionOf[first].words.fill(0, base, base + (segments.space.segmentBytes >> 2));
    this.forget();
    this.place(this.primary, segments.word(first, Entry.NEXT), first);
    return others;
  }
}
