// The mapped file as segments: where segment n lies in memory, and how the file doubles. The only place that grows anything.
// Not here: what is in a segment (log, index), nor which ones are free (segments.ts).

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import type { MappedFile, Region } from '../mapping/mapping.js';

const { Control } = L;

/** Bytes of zeros written at a time: larger chunks make large folios, whose first store after a sync is three times as dear. */
const AHEAD_BYTES = 65536;
const napping = new Int32Array(new SharedArrayBuffer(4));

/** A doubling under preparation: zeros are being written to bytes `[from, begun)` of the file. */
interface Ahead {
  from: number;
  begun: number;
  stopped: boolean;
}

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
  capacity = 0;
  growths = 0;
  private readonly regions: Region[] = [];
  private ahead: Ahead | undefined;
  /** Up to here the file is known to be allocated, past its capacity: an earlier session of this memory prepared it. */
  private allocated = 0;

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

  /** Maps the segments from `capacity` up to `capacity` new ones; what is mapped already stays where it is. */
  private mapUpTo(capacity: number): void {
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

  /** Memory is as an earlier session left it: what the file has past its capacity was written with zeros, ahead of a growth. */
  trustTail(): void {
    this.allocated = this.file.size();
  }

  /** The capacity the next growth would reach: double, or less where `maxSize` or the disk says so; the present one if none. */
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
    let from = Math.max(this.bytesFor(before), this.allocated);
    const ahead = this.stopPreparing();
    if (ahead !== undefined) {
      if (from < ahead.from) this.file.allocate(from, ahead.from);
      from = Math.max(from, ahead.begun);
    }
    const reached = from < this.bytesFor(target) ? this.allocateWhatFits(from, target) : target;
    this.mapUpTo(reached);
    this.clearEntries(before, reached);
    this.control[Control.CAPACITY] = reached;
    this.growths++;
    return true;
  }

  /** A growth that a power cut took back leaves its entries in the table: they must not count again. */
  private clearEntries(from: number, to: number): void {
    for (let segment = from; segment < to; segment++) {
      const table = segment & ~this.groupMask;
      const at = this.wordBase[table] + (segment & this.groupMask) * L.ENTRY_WORDS;
      this.regionOf[table].words.fill(0, at, at + L.ENTRY_WORDS);
    }
  }

  private allocateWhatFits(from: number, target: number): number {
    try {
      this.file.allocate(from, this.bytesFor(target));
      return target;
    } catch (error) {
      const end = from + this.file.freeSpace();
      const fits = Math.floor((end - L.HEAD_BYTES) / this.segmentBytes);
      if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_FULL' || fits <= this.capacity || fits >= target) throw error;
      this.file.allocate(from, this.bytesFor(fits));
      return fits;
    }
  }

  /** Starts to write the zeros of the next doubling off the event loop, so that the `set` that needs it does not pay. */
  prepareGrowth(): void {
    const target = this.nextCapacity();
    if (this.ahead !== undefined || target <= this.capacity || this.file.kind === 'memory') return;
    // Past the file's end only: that the file got longer is how a write is known to have landed.
    const from = Math.max(this.bytesFor(this.capacity), this.file.size());
    const end = this.bytesFor(target);
    if (from >= end) return;
    const ahead: Ahead = { from, begun: from, stopped: false };
    this.ahead = ahead;
    const step = async (): Promise<void> => {
      // One write at a time: when the file is as long as `begun`, no write of zeros is still on its way to land on data.
      for (let at = from; at < end && !ahead.stopped; at = ahead.begun) {
        ahead.begun = Math.min(end, at + AHEAD_BYTES);
        await this.file.allocateAsync(at, ahead.begun);
      }
    };
    step().catch(() => {
      // A full disk is reported by the growth that needs the space, if it comes to that.
      if (this.ahead === ahead) this.ahead = undefined;
    });
  }

  /** Ends the writing of zeros ahead; returns where they stand, if any were written. */
  private stopPreparing(): Ahead | undefined {
    const ahead = this.ahead;
    if (ahead === undefined) return undefined;
    ahead.stopped = true;
    for (let waits = 0; this.file.size() < ahead.begun; waits++) {
      // A write that met a full disk says so when the event loop turns, which here it does not.
      if (waits % 5 === 4 && this.file.freeSpace() < ahead.begun - this.file.size()) {
        throw new StoreError('ERR_STORE_FULL', `${this.file.path}: the disk has no room for the next half`, { path: this.file.path });
      }
      if (waits > 20_000) throw new StoreError('ERR_STORE_BUSY', `${this.file.path}: a write that extends the file does not end; try again`);
      Atomics.wait(napping, 0, 0, 0.1);
    }
    this.ahead = undefined;
    return ahead;
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

  /** Unlocks at once, so that the next opening need not wait for asynchronous calls to end; but for a write of zeros that does not end, which the file waits for. */
  close(): void {
    let landed = true;
    try {
      this.stopPreparing();
    } catch {
      landed = false;
    }
    this.release();
    if (landed) this.file.unlock(L.WRITER_LOCK.start, L.WRITER_LOCK.length);
    this.file.close();
  }
}
