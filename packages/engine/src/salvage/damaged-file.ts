// A file that need not be whole, read without mapping it and without changing a byte: its geometry, its table, its segments, each in private memory.
// Nothing read from it decides how much is allocated: the file's real length bounds it all. Not here: which records count (records.ts, salvage.ts).

import { type DurableState, readSlot } from '../file/segments.js';
import { checkSuperblock, isOfAnotherVersion, readSuperblock, type Superblock } from '../file/superblock.js';
import * as L from '../layout.js';
import { RecordReader, type RecordSpace } from '../log/record.js';
import type { MappedFile, Region } from '../mapping/mapping.js';
import { hasIdentity } from '../upkeep/session.js';

const { Control, Entry, SegmentKind } = L;

/** A segment's table entry. `kind` and what follows are as they stood; the slots are what flushes wrote down. */
export interface TableEntry {
  kind: number;
  generation: number;
  length: number;
  next: number;
  baseSequence: number;
  /** Of the slots that are whole and not newer than the last completed flush, the newest. */
  durable: DurableState;
  /** No byte of it is set. */
  isBlank: boolean;
}

/** What vouches for the table: the memory that a process left, the sum in the superblock, or nothing. */
export type Evidence = 'memory' | 'flush' | 'none';

/** A piece of the file in private memory, with the views that a record reader wants. */
class Window implements Region {
  readonly offset = 0;
  readonly length: number;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  constructor(length: number) {
    const memory = new ArrayBuffer(length);
    this.length = length;
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** Takes the bytes from `offset` on; where the file has none there are zeros. Returns how many it has. */
  load(file: MappedFile, offset: number): number {
    const bytes = file.read(offset, this.length);
    this.bytes.set(bytes);
    this.bytes.fill(0, bytes.length);
    return bytes.length;
  }
}

export class DamagedFile {
  readonly file: MappedFile;
  readonly segmentShift: number;
  readonly segmentBytes: number;
  /** Segments that begin inside the file. */
  readonly capacity: number;
  /** Missing if no copy of it is whole. */
  readonly superblock: Superblock | undefined;
  readonly evidence: Evidence;
  /** Stands on a record of the segment that was loaded last; a location is an offset in it. */
  readonly reader: RecordReader;
  private readonly segmentWindow: Window;
  private readonly tableWindow: Window;
  private readonly groupMask: number;
  private readonly size: number;
  private loadedTable = -1;
  private loadedSegment = -1;

  /** Throws `ERR_STORE_NOT_A_STORE`, `ERR_STORE_VERSION` or `ERR_STORE_CORRUPT` if no record can be found in it. */
  constructor(file: MappedFile) {
    this.file = file;
    this.size = file.size();
    const head = file.read(0, L.HEAD_BYTES);
    let refusal: unknown;
    try {
      this.superblock = readSuperblock(head, file.path);
      checkSuperblock(this.superblock, file.path);
    } catch (error) {
      if (isOfAnotherVersion(head)) throw error;
      this.superblock = undefined;
      refusal = error;
    }
    const shift = this.superblock?.segmentShift ?? likelyShift(file);
    if (shift === undefined) throw refusal;
    this.segmentShift = shift;
    this.segmentBytes = 2 ** shift;
    this.groupMask = 2 ** (shift - L.ENTRY_SHIFT) - 1;
    this.capacity = Math.max(0, Math.min(Math.ceil((this.size - L.HEAD_BYTES) / this.segmentBytes), L.MAX_DATA_BYTES / this.segmentBytes));
    this.segmentWindow = new Window(this.segmentBytes);
    this.tableWindow = new Window(this.segmentBytes);
    const space: RecordSpace = {
      file,
      segmentBytes: this.segmentBytes,
      regionOf: [this.segmentWindow],
      wordBase: new Int32Array(1),
      locationShift: shift - L.LOCATION_SHIFT,
      locationMask: 2 ** (shift - L.LOCATION_SHIFT) - 1,
      follow: () => false,
    };
    this.reader = new RecordReader(space);
    this.evidence = this.judge(head);
  }

  private judge(head: Buffer): Evidence {
    const { superblock } = this;
    if (superblock === undefined || head.length < L.HEAD_BYTES) return 'none';
    const control = new Int32Array(new Uint8Array(head.subarray(L.CONTROL_OFFSET, L.CONTROL_OFFSET + Control.WORDS * 4)).buffer);
    // A cleanly closed file has in its slots all there is, under a sum; memory has no checksum.
    if (!superblock.clean && control[Control.POISON] === 0 && hasIdentity(control, this.file.identity())) return 'memory';
    let sum = 0;
    for (let segment = 1; segment < Math.min(superblock.capacity, this.capacity); segment++) {
      if (!this.isTable(segment)) sum = (sum + this.entry(segment).durable.checksum) | 0;
    }
    return sum === superblock.tableSum ? 'flush' : 'none';
  }

  isTable(segment: number): boolean {
    return (segment & this.groupMask) === 0;
  }

  /** The segments that can hold records or pieces of values. */
  *segments(): Generator<number> {
    for (let segment = 1; segment < this.capacity; segment++) if (!this.isTable(segment)) yield segment;
  }

  entry(segment: number): TableEntry {
    const table = segment & ~this.groupMask;
    if (this.loadedTable !== table) this.tableWindow.load(this.file, this.startOf(table));
    this.loadedTable = table;
    const { words, doubles } = this.tableWindow;
    const at = (segment & this.groupMask) * L.ENTRY_WORDS;
    const flush = this.superblock?.flush ?? Number.MAX_SAFE_INTEGER;
    const zero = readSlot(words, doubles, at, Entry.SLOT_0, segment, flush);
    const one = readSlot(words, doubles, at, Entry.SLOT_1, segment, flush);
    return {
      kind: words[at + Entry.KIND],
      generation: words[at + Entry.GENERATION],
      length: words[at + Entry.LENGTH],
      next: words[at + Entry.NEXT],
      baseSequence: doubles[(at + Entry.BASE_SEQUENCE) >> 1],
      durable: one.flush > zero.flush ? one : zero,
      isBlank: words.subarray(at, at + L.ENTRY_WORDS).every((word) => word === 0),
    };
  }

  /** Loads a segment for `reader`; returns how many of its bytes the file has. */
  load(segment: number): number {
    this.loadedSegment = segment;
    return this.segmentWindow.load(this.file, this.startOf(segment));
  }

  /** Loads `length` bytes of a segment, at their place; all else that the reader would see is of another. */
  loadPart(segment: number, offset: number, length: number): void {
    this.loadedSegment = segment;
    this.segmentWindow.bytes.set(this.file.read(this.startOf(segment) + offset, length), offset);
  }

  /** The segment that was loaded last. */
  get loaded(): number {
    return this.loadedSegment;
  }

  /** Bytes of a segment, fewer at the end of the file. */
  read(segment: number, length: number): Buffer {
    return this.file.read(this.startOf(segment), length);
  }

  private startOf(segment: number): number {
    return L.HEAD_BYTES + segment * this.segmentBytes;
  }
}

/** Without a superblock: the segment size under which the first group's segments begin with the most whole records; `undefined` if there is no such size. */
function likelyShift(file: MappedFile): number | undefined {
  const table = new Window(L.ENTRY_WORDS * 4 * PROBES);
  table.load(file, L.HEAD_BYTES);
  const isLog = (segment: number) =>
    [Entry.KIND, Entry.SLOT_0 + L.Slot.KIND, Entry.SLOT_1 + L.Slot.KIND].some((word) => table.words[segment * L.ENTRY_WORDS + word] === SegmentKind.LOG);
  // What damaged the superblocks may have taken the table behind them as well: then all that begins with records counts.
  return bestShift(file, isLog) ?? bestShift(file, () => true);
}

function bestShift(file: MappedFile, isLog: (segment: number) => boolean): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (let shift = L.MIN_SEGMENT_SHIFT; shift <= L.MAX_SEGMENT_SHIFT; shift++) {
    const window = new Window(2 ** shift);
    const space = {
      file,
      segmentBytes: 2 ** shift,
      regionOf: [window],
      wordBase: new Int32Array(1),
      locationShift: shift - L.LOCATION_SHIFT,
      locationMask: -1,
      follow: () => false,
    };
    const reader = new RecordReader(space);
    let found = 0;
    for (let segment = 1; segment < Math.min(PROBES, 2 ** (shift - L.ENTRY_SHIFT)); segment++) {
      if (!isLog(segment) || window.load(file, L.HEAD_BYTES + segment * 2 ** shift) === 0) continue;
      // Records up to the first that is none: under too small a size they would be cut off, under too large a one they end with the first segment of several.
      for (let offset = 0; offset < 2 ** shift; offset += reader.space16) {
        reader.seek(offset >> L.LOCATION_SHIFT);
        if (!reader.isPlausible() || !reader.isWhole()) break;
        found++;
      }
    }
    if (found > most) [best, most] = [shift, found];
  }
  return best;
}

/** Entries of the table that are looked at: all that a group has with the smallest segments. */
const PROBES = 32;
