// A file put together piece by piece, with a table and a superblock that are right, so that salvage believes what they say; records for it; and its salvage.

import { expect } from 'vitest';
import { ImageMapping } from '../../../../test/support/image-mapping.js';
import { recordChecksum, xxh32 } from '../../src/file/checksum.js';
import { encodeSuperblock } from '../../src/file/superblock.js';
import * as L from '../../src/layout.js';
import { ValueKind } from '../../src/log/codec.js';
import { contentBytes, parity, spaceFor } from '../../src/log/record.js';
import { MemoryMapping } from '../../src/mapping/memory-mapping.js';
import { type SalvageReport, salvageFrom } from '../../src/salvage/salvage.js';
import type { Engine } from '../../src/store/engine.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

const { Entry, Rec, Slot } = L;
export const NOW = 1_700_000_000_000;
let salvaged = 0;

/** Salvages the bytes of a file into an empty store, and looks at it. `identity` is what the file's memory is known by. */
export function salvageBytes(bytes: Buffer, look: (store: Store, report: SalvageReport) => void, identity = 'image'): void {
  const source = new ImageMapping(bytes.length).load(bytes);
  source.identity = identity;
  const environment = { now: () => NOW, random: (length: number) => new Uint8Array(length) };
  const store = openStoreIn(`/salvaged ${salvaged++}`, { flush: 'manual', segmentSize: 4096 }, environment, new MemoryMapping());
  try {
    const report = salvageFrom(source.open('/image', { readOnly: true }), (store as unknown as { engine: Engine }).engine);
    expect(source.bytes.equals(bytes)).toBe(true);
    expect(store.check()).toEqual([]);
    look(store, report);
  } finally {
    store.close();
  }
}

interface RecordParts {
  generation: number;
  sequence: number;
  /** Its length is a multiple of 4. */
  key: string;
  value?: string;
  kind?: number;
  expiry?: number;
  /** Of a large value: the first segment and its generation, the checksum and the length. */
  chain?: [segment: number, generation: number, crc: number, length: number];
}

/** A whole record. */
export function recordBytes({ generation, sequence, key, value = '', kind = ValueKind.LATIN1, expiry, chain }: RecordParts): Buffer {
  const expires = expiry !== undefined;
  const content = contentBytes(key.length, chain === undefined ? value.length : L.ChainRef.WORDS * 4, expires);
  const memory = new ArrayBuffer(spaceFor(content));
  const bytes = Buffer.from(memory);
  const words = new Int32Array(memory);
  const doubles = new Float64Array(memory);
  const length = chain?.[3] ?? value.length;
  words[Rec.GENERATION] = generation;
  doubles[Rec.SEQUENCE >> 1] = sequence;
  if (expires) doubles[Rec.EXPIRY >> 1] = expiry;
  const meta = key.length | (kind << L.KIND_SHIFT) | (expires ? L.Flag.EXPIRES : 0) | (chain === undefined ? 0 : L.Flag.CHAINED);
  words[Rec.META] = meta | (parity(meta, length, expires ? words[Rec.EXPIRY] ^ words[Rec.EXPIRY + 1] : 0) << L.PARITY_SHIFT);
  words[Rec.VALUE_LENGTH] = length;
  const keyAt = Rec.HEADER_WORDS * 4 + (expires ? 8 : 0);
  bytes.write(key + value, keyAt, 'latin1');
  if (chain !== undefined) words.set(chain.slice(0, 3), (keyAt + key.length) >> 2);
  words[Rec.CHECKSUM] = recordChecksum(words, bytes, 0, content);
  return bytes;
}

export class MadeFile {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly segmentShift: number;
  private readonly capacity: number;
  private tableSum = 0;

  constructor(segmentShift: number, capacity: number) {
    const memory = new ArrayBuffer(L.HEAD_BYTES + capacity * 2 ** segmentShift);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.segmentShift = segmentShift;
    this.capacity = capacity;
  }

  get segmentBytes(): number {
    return 2 ** this.segmentShift;
  }

  isTable(segment: number): boolean {
    return (segment & (this.segmentBytes / 128 - 1)) === 0;
  }

  startOf(segment: number): number {
    return L.HEAD_BYTES + segment * this.segmentBytes;
  }

  /** Writes the segment's table entry, as it stands and as flush 1 wrote it down. */
  enter(segment: number, kind: number, generation: number, length: number, next = 0): void {
    const { words, segmentBytes } = this;
    const group = segmentBytes / 128;
    const at = (this.startOf(segment - (segment % group)) >> 2) + (segment % group) * L.ENTRY_WORDS;
    words[at + Entry.KIND] = kind;
    words[at + Entry.GENERATION] = generation;
    words[at + Entry.LENGTH] = length;
    words[at + Entry.NEXT] = next;
    const slot = at + Entry.SLOT_0;
    words[slot + Slot.KIND] = kind;
    this.doubles[(slot + Slot.FLUSH) >> 1] = 1;
    words[slot + Slot.GENERATION] = generation;
    words[slot + Slot.LENGTH] = length;
    words[slot + Slot.NEXT] = next;
    words[slot] = xxh32(words, slot + 1, slot + Slot.WORDS, segment) || 1;
    this.tableSum = (this.tableSum + words[slot]) | 0;
  }

  /** Fills a log segment from its beginning; returns how many of the records went in. */
  log(segment: number, generation: number, records: readonly Buffer[]): number {
    let length = 0;
    let count = 0;
    for (const record of records) {
      if (length + record.length > this.segmentBytes) break;
      record.copy(this.bytes, this.startOf(segment) + length);
      length += record.length;
      count++;
    }
    this.enter(segment, L.SegmentKind.LOG, generation, length);
    return count;
  }

  /** The file, with a superblock over all of it. */
  finish(): Buffer {
    const block = encodeSuperblock({
      segmentShift: this.segmentShift,
      mode: L.MODE_STORE,
      capacity: this.capacity,
      flush: 1,
      revision: 1,
      hashKey0: 0,
      hashKey1: 0,
      tableSum: this.tableSum,
      clean: false,
      cleanSum: 0,
      created: 0,
      place0: 0,
      place1: 0,
    });
    for (const copy of L.SUPERBLOCK_COPIES) block.copy(this.bytes, L.SUPERBLOCK_SLOTS[1] + copy);
    return this.bytes;
  }
}
