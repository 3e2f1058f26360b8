// The mapped file as segments: where segment n lies in memory, and how the file doubles. The only place that grows anything.
// Growing is done under the writer lock; the other openers map the new half when they meet it (`follow`).
// Not here: what is in a segment (log, index), nor which ones are free (segments.ts).

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import type { MappedFile, Region } from '../mapping/mapping.js';

const { Control } = L;

export class SegmentFile {
  readonly file: MappedFile;
  readonly segmentShift: number;
  readonly segmentBytes: number;
  /** A location is `(segment << locationShift) | 16-byte units into it`. */
  readonly locationShift: number;
  readonly locationMask: number;
  /** Segments per group; the first of each group is its table. */
  readonly groupMask: number;
  /** `maxSize` in segments. */
  readonly maxSegments: number;
  /** The control block, as words and as doubles. */
  readonly control: Int32Array;
  readonly controlDoubles: Float64Array;
  readonly head: Region;
  /** By segment: the region it lies in, and the word in that region where it starts. */
  readonly regionOf: Region[] = [];
  wordBase: Int32Array;
  /** Segments mapped here; others may have grown the file since. */
  capacity = 0;
  growths = 0;
  private readonly regions: Region[] = [];

  constructor(file: MappedFile, segmentShift: number, capacity: number, maxSegments: number) {
    this.file = file;
    this.segmentShift = segmentShift;
    this.segmentBytes = 2 ** segmentShift;
    this.locationShift = segmentShift - L.LOCATION_SHIFT;
    this.locationMask = 2 ** this.locationShift - 1;
    this.groupMask = 2 ** (segmentShift - L.ENTRY_SHIFT) - 1;
    this.maxSegments = maxSegments;
    this.wordBase = new Int32Array(Math.max(capacity, 16));
    this.mapUpTo(capacity);
    this.head = this.regions[0];
    const start = L.CONTROL_OFFSET >> 2;
    this.control = this.head.words.subarray(start, start + Control.WORDS);
    this.controlDoubles = this.head.doubles.subarray(start >> 1, (start + Control.WORDS) >> 1);
  }

  get mappings(): number {
    return this.regions.length;
  }

  /** Bytes of the file that the store uses. */
  get fileBytes(): number {
    return this.bytesFor(this.capacity);
  }

  bytesFor(segments: number): number {
    return L.HEAD_BYTES + segments * this.segmentBytes;
  }

  isTable(segment: number): boolean {
    return (segment & this.groupMask) === 0;
  }

  /** Maps the segments up to `capacity`, all of them or, if it throws, none; what is mapped already stays where it is. */
  private mapUpTo(capacity: number): void {
    const before = this.capacity;
    const regions = this.regions.length;
    try {
      this.mapRegions(capacity);
    } catch (error) {
      this.regionOf.length = before;
      this.capacity = before;
      for (const region of this.regions.splice(regions)) {
        try {
          this.file.unmap(region);
        } catch {
          // Address space is all that is lost: the caller must hear what went wrong first.
        }
      }
      throw error;
    }
  }

  private mapRegions(capacity: number): void {
    if (capacity > this.wordBase.length) {
      const bases = new Int32Array(Math.max(capacity, this.wordBase.length * 2));
      bases.set(this.wordBase);
      this.wordBase = bases;
    }
    const perRegion = Math.max(1, Math.floor((L.MAX_REGION_BYTES - L.HEAD_BYTES) / this.segmentBytes));
    while (this.capacity < capacity) {
      const first = this.capacity;
      const count = Math.min(perRegion, capacity - first);
      const headBytes = first === 0 ? L.HEAD_BYTES : 0;
      const region = this.file.map(first === 0 ? 0 : this.bytesFor(first), headBytes + count * this.segmentBytes);
      this.regions.push(region);
      for (let i = 0; i < count; i++) {
        this.regionOf.push(region);
        this.wordBase[first + i] = (headBytes + i * this.segmentBytes) >> 2;
      }
      this.capacity = first + count;
    }
  }

  /** Maps what others have grown the file by; whether there was anything. */
  follow(): boolean {
    const published = Atomics.load(this.control, Control.CAPACITY);
    if (published <= this.capacity) return false;
    const bytes = published * this.segmentBytes;
    if (bytes > L.MAX_DATA_BYTES || this.file.size() < L.HEAD_BYTES + bytes) {
      throw new StoreError('ERR_STORE_CORRUPT', `${this.file.path} is damaged: it says it has ${published} segments, and is not that long`, {
        path: this.file.path,
      });
    }
    this.mapUpTo(published);
    return true;
  }

  /** Up to here the file is allocated, and zero past its capacity. */
  private get zeroed(): number {
    return Math.max(this.bytesFor(this.capacity), Math.min(this.controlDoubles[Control.ZEROED >> 1], this.file.size()));
  }

  /** The capacity the next growth would reach: double, or less where `maxSize` says so; the present one if none. */
  nextCapacity(): number {
    return Math.min(this.capacity * 2, this.maxSegments);
  }

  /**
   * Doubles the capacity. Order: zeros are written first, so that no store ever meets a hole on a full disk; then the new part is mapped;
   * the new capacity is published last. The first flush that uses the new part makes its length durable.
   * Returns false when `maxSize` is reached. Throws `ERR_STORE_FULL` when the disk is full even for one more segment.
   */
  grow(): boolean {
    const target = this.nextCapacity();
    if (target <= this.capacity) return false;
    const before = this.capacity;
    const reached = this.zeroed < this.bytesFor(target) ? this.allocateWhatFits(target) : target;
    this.mapUpTo(reached);
    this.clearEntries(before, reached);
    Atomics.store(this.control, Control.CAPACITY, reached);
    this.growths++;
    return true;
  }

  /** Writes zeros for a part of the next doubling, at most `bytes`, so that the write that needs it does not pay for all of it at once. */
  prepareGrowth(bytes: number): void {
    const from = this.zeroed;
    const to = Math.min(from + bytes, this.bytesFor(this.nextCapacity()));
    if (from >= to) return;
    try {
      this.zeroTo(to);
    } catch (error) {
      // A full disk is reported by the growth that needs the space, if it comes to that.
      if (!(error instanceof StoreError && error.code === 'ERR_STORE_FULL')) throw error;
    }
  }

  /** A growth that a power cut took back leaves its entries in the table: they must not count again. */
  private clearEntries(from: number, to: number): void {
    for (let segment = from; segment < to; segment++) {
      const table = segment & ~this.groupMask;
      const at = this.wordBase[table] + (segment & this.groupMask) * L.ENTRY_WORDS;
      this.regionOf[table].words.fill(0, at, at + L.ENTRY_WORDS);
    }
  }

  private allocateWhatFits(target: number): number {
    try {
      this.zeroTo(this.bytesFor(target));
      return target;
    } catch (error) {
      const end = this.zeroed + this.file.freeSpace();
      const fits = Math.floor((end - L.HEAD_BYTES) / this.segmentBytes);
      if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_FULL' || fits <= this.capacity || fits >= target) throw error;
      this.zeroTo(this.bytesFor(fits));
      return fits;
    }
  }

  private zeroTo(end: number): void {
    const from = this.zeroed;
    if (from >= end) return;
    this.file.allocate(from, end);
    // Counted when it is there: what a process that dies before this has written is written again.
    this.controlDoubles[Control.ZEROED >> 1] = end;
  }

  /** Has the pages of `count` segments put in place ahead of the first store to each. */
  prefault(segment: number, count: number): void {
    this.forRegions(this.bytesFor(segment), this.bytesFor(segment + count), (region, from, to) => void this.file.prefault(region, from, to));
  }

  /** Runs `sync` over the part of each region that bytes `[from, to)` of the segments cover; offsets count from the file's start. */
  forRegions(from: number, to: number, sync: (region: Region, from: number, to: number) => void): void {
    for (const region of this.regions) {
      const start = Math.max(from, region.offset);
      const end = Math.min(to, region.offset + region.length);
      if (start < end) sync(region, start - region.offset, end - region.offset);
    }
  }

  /** Ends the mappings; the file stays open. */
  release(): void {
    for (const region of this.regions) this.file.unmap(region);
    this.regions.length = 0;
    this.regionOf.length = 0;
  }

  close(): void {
    this.release();
    this.file.close();
  }
}
