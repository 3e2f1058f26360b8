// The buckets of the index: two arrays of 64-byte buckets, primary and overflow, each over segments of its kind, and chains through them.
// Not here: which bucket a key belongs to, and what is in the slots (linear-hash.ts).

import { StoreError } from '../errors.js';
import type { Segments } from '../file/segments.js';
import * as L from '../layout.js';

const { Bucket, Control, Entry, SegmentKind } = L;
export const END_OF_SLOTS = Bucket.SLOTS + 2 * L.BUCKET_SLOTS;

/** Segments of one kind that together form one array of buckets. */
class BucketArray {
  readonly words: Int32Array[] = [];
  readonly bases: number[] = [];
  readonly segments: number[] = [];
}

export class Buckets {
  protected readonly segments: Segments;
  protected readonly control: Int32Array;
  /** Buckets per segment: `1 << shift`. */
  protected readonly shift: number;
  private readonly mask: number;
  protected readonly primary = new BucketArray();
  protected readonly overflow = new BucketArray();
  /** The epoch that the arrays are of. */
  protected epoch = -1;
  /** The cursor: words and place of its bucket, and of the first bucket of that one's chain, whose version covers the chain. */
  protected words!: Int32Array;
  protected bucket = 0;
  protected homeWords!: Int32Array;
  protected home = 0;

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

  /** Whether what `locate` found is of the present epoch. Segments may have been added since. */
  get isFresh(): boolean {
    return this.epoch === this.control[Control.EPOCH];
  }

  /** The epoch that reads are of. */
  get readEpoch(): number {
    return this.epoch;
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
    control[Control.EPOCH] = (control[Control.EPOCH] + 2) | 0;
    this.epoch = control[Control.EPOCH];
  }

  /**
   * Reads from the segment table where the index lies. Its segments keep their kind within an epoch, so what was found counts as long as that has not
   * changed. False if the index is being emptied (unless the caller is who will finish that), or two segments claim one place.
   */
  locate(beingEmptied = false): boolean {
    const { segments, control } = this;
    const { space } = segments;
    const epoch = Atomics.load(control, Control.EPOCH);
    this.forget();
    if ((epoch & 1) !== 0 && !beingEmptied) return false;
    space.follow();
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment)) continue;
      const kind = segments.word(segment, Entry.KIND);
      if (kind !== SegmentKind.INDEX && kind !== SegmentKind.OVERFLOW) continue;
      const ordinal = segments.word(segment, Entry.NEXT);
      const array = kind === SegmentKind.INDEX ? this.primary : this.overflow;
      if (!(ordinal >= 0 && ordinal < space.capacity) || array.segments[ordinal] !== undefined) return false;
      this.place(array, ordinal, segment);
    }
    if (Atomics.load(control, Control.EPOCH) !== epoch) return false;
    this.epoch = epoch;
    return true;
  }

  /** Whether the segments cover all buckets that the control block counts. */
  isComplete(): boolean {
    const { control, shift } = this;
    const covers = (array: BucketArray, count: number) => {
      // A hole in the array is a segment that is missing; `keys` counts what is there.
      return array.segments.length << shift >= count && Object.keys(array.segments).length === array.segments.length;
    };
    return (
      control[Control.BUCKETS] >= 1 &&
      control[Control.OVERFLOW_NEXT] >= 0 &&
      covers(this.primary, control[Control.BUCKETS]) &&
      covers(this.overflow, control[Control.OVERFLOW_NEXT])
    );
  }

  forget(): void {
    this.epoch = -1;
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

  protected extend(array: BucketArray, kind: number): void {
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

  /** Empties the table, keeping its first segment; the caller frees the others, and then calls `cleared`. Run again by repair. */
  clear(): number[] {
    const { control, segments } = this;
    const [first] = this.primary.segments;
    if (first === undefined) throw this.damaged('it has no first segment');
    // Odd: whoever reads now waits for the next epoch.
    Atomics.store(control, Control.EPOCH, control[Control.EPOCH] | 1);
    // Freed last to first, so that what a death leaves has no holes.
    const others = this.ownSegments.slice(1).reverse();
    control[Control.BUCKETS] = 1 << this.shift;
    control[Control.OVERFLOW_NEXT] = 0;
    control[Control.OVERFLOW_FREE] = 0;
    const base = segments.space.wordBase[first];
    segments.space.regionOf[first].words.fill(0, base, base + (segments.space.segmentBytes >> 2));
    this.forget();
    this.place(this.primary, 0, first);
    return others;
  }

  /** The emptied table counts. */
  cleared(): void {
    const { control } = this;
    Atomics.store(control, Control.EPOCH, (control[Control.EPOCH] + 1) | 0);
    this.epoch = control[Control.EPOCH];
  }

  protected seek(bucket: number): void {
    const ordinal = bucket >>> this.shift;
    const words = this.primary.words[ordinal];
    if (words === undefined) throw this.damaged(`bucket ${bucket} does not exist`);
    this.words = this.homeWords = words;
    this.bucket = this.home = this.primary.bases[ordinal] + ((bucket & this.mask) << 4);
  }

  /** Puts the cursor on overflow bucket `link` (1-based). */
  protected follow(link: number): void {
    const id = link - 1;
    if (!(id >= 0 && id < this.overflowBuckets)) throw this.damaged(`overflow bucket ${link} does not exist`);
    const ordinal = id >>> this.shift;
    if (this.overflow.words[ordinal] === undefined && !this.locateMore(ordinal)) throw this.damaged(`overflow bucket ${link} is in no segment`);
    this.words = this.overflow.words[ordinal];
    this.bucket = this.overflow.bases[ordinal] + ((id & this.mask) << 4);
  }

  /** Looks again for an overflow segment that another opener may have added; whether it is there now. A read under way counts only if the epoch is the same. */
  private locateMore(ordinal: number): boolean {
    const { epoch } = this;
    if (this.locate() && this.epoch === epoch) return this.overflow.words[ordinal] !== undefined;
    this.epoch = -1;
    return false;
  }

  /** Whether the primary bucket is in a segment that is known here. */
  protected isPlaced(bucket: number): boolean {
    return this.primary.words[bucket >>> this.shift] !== undefined;
  }

  protected damaged(why: string): StoreError {
    return new StoreError(
      'ERR_STORE_CORRUPT',
      `the index of ${this.segments.space.file.path} is damaged: ${why}. Close the store, and let salvage() copy it: that reads the log, and not the index`,
    );
  }

  /** Overflow buckets that can be linked without another segment (one counts for the whole free list). */
  protected spareOverflow(): number {
    const { control, shift, overflow } = this;
    return (overflow.segments.length << shift) - control[Control.OVERFLOW_NEXT] + (control[Control.OVERFLOW_FREE] === 0 ? 0 : 1);
  }

  /** Takes a segment for overflow buckets. Throws `ERR_STORE_FULL`. */
  addOverflow(): void {
    this.extend(this.overflow, SegmentKind.OVERFLOW);
  }

  /** Hands out an empty overflow bucket; there must be a spare one. Leaves the cursor's bucket alone. */
  protected newOverflow(): number {
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

  /** Overflow buckets of a bucket. */
  protected chainLength(bucket: number): number {
    this.seek(bucket);
    let length = 0;
    for (let link = this.words[this.bucket + Bucket.LINK]; link !== 0; link = this.words[this.bucket + Bucket.LINK]) {
      if (++length > this.overflowBuckets) throw this.damaged('a chain of buckets runs in a circle');
      this.follow(link);
    }
    return length;
  }

  /** Unlinks the overflow buckets of the cursor's chain that hold nothing, and puts them on the free list. */
  protected dropEmptyOverflow(): void {
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
}
