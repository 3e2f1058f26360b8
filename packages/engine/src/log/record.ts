// One record in mapped memory: sizes, header, checks. A reader is pointed at a location and told the rest; it allocates nothing.
// Every length is bounded by the segment before it is used.

import { StoreError } from '../errors.js';
import { recordChecksum } from '../file/checksum.js';
import type { SegmentFile } from '../file/segment-file.js';
import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import type { Region } from '../mapping/mapping.js';

const { Rec, Flag, ChainRef } = L;
const HEADER_BYTES = Rec.HEADER_WORDS * 4;
/** Keeps a header of zeros from being a valid one. */
const PARITY_SALT = 0x5a;

/** Bytes of a record that its checksum covers, a multiple of 4. */
export function contentBytes(keyLength: number, payloadLength: number, expires: boolean): number {
  return HEADER_BYTES + (expires ? 8 : 0) + ((keyLength + 3) & ~3) + ((payloadLength + 3) & ~3);
}

/** Bytes a record takes in the log. */
export function spaceFor(content: number): number {
  return (content + L.RECORD_ALIGN - 1) & -L.RECORD_ALIGN;
}

/** XOR of the header's bytes: any one damaged byte shows, without the checksum of the whole. */
export function parity(meta: number, valueLength: number, expiryWords: number): number {
  let x = (meta & 0xffffff) ^ valueLength ^ expiryWords;
  x ^= x >>> 16;
  x ^= x >>> 8;
  return (x ^ PARITY_SALT) & 0xff;
}

/** What a reader needs to know of where the segments lie. */
export type RecordSpace = Pick<SegmentFile, 'file' | 'segmentBytes' | 'regionOf' | 'wordBase' | 'locationShift' | 'locationMask' | 'follow'>;

export class RecordReader {
  private readonly space: RecordSpace;
  private readonly segmentBytes: number;
  location = 0;
  region!: Region;
  words!: Int32Array;
  /** Word where the record starts. */
  at = 0;
  /** Header words, read once: another process may write here while we look, and what was checked must be what is used. */
  meta = 0;
  valueLength = 0;
  /** Bytes that the checksum covers; set by `isPlausible`. */
  content = 0;

  constructor(space: RecordSpace) {
    this.space = space;
    this.segmentBytes = space.segmentBytes;
  }

  /** Points at a location that the index or a scan gave. */
  seek(location: number): void {
    const { space } = this;
    const segment = location >>> space.locationShift;
    let region = space.regionOf[segment];
    // Another opener may have grown the file.
    if (region === undefined && space.follow()) region = space.regionOf[segment];
    if (region === undefined) throw this.damaged(`location ${location >>> 0} is outside the file`);
    this.location = location;
    this.region = region;
    this.words = region.words;
    this.at = space.wordBase[segment] + ((location & space.locationMask) << 2);
    this.meta = this.words[this.at + Rec.META];
    this.valueLength = this.words[this.at + Rec.VALUE_LENGTH];
  }

  get segment(): number {
    return this.location >>> this.space.locationShift;
  }

  /** Byte in the segment where the record starts. */
  get offset(): number {
    return (this.location & this.space.locationMask) << L.LOCATION_SHIFT;
  }

  private get keyAt(): number {
    // Flag.EXPIRES is bit 21: shifted by 20 it is the two words of the expiry.
    return this.at + Rec.HEADER_WORDS + ((this.meta & Flag.EXPIRES) >>> 20);
  }

  get keyLength(): number {
    return this.meta & 0xffff;
  }

  get kind(): number {
    return (this.meta >>> L.KIND_SHIFT) & 15;
  }

  get isTombstone(): boolean {
    return (this.meta & (15 << L.KIND_SHIFT)) === 0;
  }

  get isChained(): boolean {
    return (this.meta & Flag.CHAINED) !== 0;
  }

  /** Bytes that go with it: its space in the log, and those of its chain. */
  get allBytes(): number {
    return this.space16 + (this.isChained ? this.valueLength : 0);
  }

  get utf16Key(): boolean {
    return (this.meta & Flag.UTF16_KEY) !== 0;
  }

  /** Bytes of the value in the record itself. */
  get payloadLength(): number {
    return this.isChained ? ChainRef.WORDS * 4 : this.valueLength;
  }

  get generation(): number {
    return this.words[this.at + Rec.GENERATION];
  }

  get sequence(): number {
    return this.region.doubles[(this.at + Rec.SEQUENCE) >> 1];
  }

  /** Absolute, ms; Infinity if it never expires. */
  get expiry(): number {
    return (this.meta & Flag.EXPIRES) === 0 ? Number.POSITIVE_INFINITY : this.region.doubles[(this.at + Rec.EXPIRY) >> 1];
  }

  get keyStart(): number {
    return this.keyAt << 2;
  }

  /** Byte in the region where the value (or the chain's reference) starts. */
  get payloadStart(): number {
    return (this.keyAt << 2) + ((this.keyLength + 3) & ~3);
  }

  get space16(): number {
    return spaceFor(this.content);
  }

  /** Whether the record has this key. Reads no further than its segment. */
  matches(key: KeyBuffer): boolean {
    const { meta, words } = this;
    if ((meta & 0xffff) !== key.length || this.utf16Key !== key.utf16) return false;
    const { keyAt } = this;
    const keyWords = key.words;
    const count = (key.length + 3) >> 2;
    for (let i = 0; i < count; i++) if (words[keyAt + i] !== keyWords[i]) return false;
    return true;
  }

  /** Whether header and lengths can be right: the parity holds, and the record ends inside its segment. Sets `content`. */
  isPlausible(): boolean {
    const { words, at, meta, valueLength } = this;
    const keyLength = meta & 0xffff;
    let content = HEADER_BYTES + ((keyLength + 3) & ~3) + ((meta & Flag.CHAINED) !== 0 ? ChainRef.WORDS * 4 : (valueLength + 3) & ~3);
    let expiry = 0;
    if ((meta & Flag.EXPIRES) !== 0) {
      content += 8;
      expiry = words[at + Rec.EXPIRY] ^ words[at + Rec.EXPIRY + 1];
    }
    this.content = content;
    return (
      meta >>> L.PARITY_SHIFT === parity(meta, valueLength, expiry) &&
      valueLength >= 0 &&
      valueLength <= L.MAX_VALUE_BYTES &&
      keyLength !== 0 &&
      this.offset + content <= this.segmentBytes
    );
  }

  /** Whether the checksum holds. Call after `isPlausible`. */
  isWhole(): boolean {
    return this.words[this.at] === recordChecksum(this.words, this.region.bytes, this.at, this.content);
  }

  /** Throws `ERR_STORE_CORRUPT` unless the header can be right. */
  assertPlausible(): void {
    if (!this.isPlausible()) throw this.damaged(`the header of the record at ${this.location >>> 0} is wrong`);
  }

  /** Throws `ERR_STORE_CORRUPT` unless all of the record is as it was written. */
  assertWhole(): void {
    this.assertPlausible();
    if (!this.isWhole()) throw this.damaged(`the record at ${this.location >>> 0} does not match its checksum`);
  }

  damaged(why: string): StoreError {
    const { path } = this.space.file;
    return new StoreError('ERR_STORE_CORRUPT', `${path} is damaged: ${why}. Run check(), and restore a backup`, { path });
  }

  /** Loads the record's key. */
  loadKey(key: KeyBuffer): void {
    key.loadWords(this.words, this.keyAt, this.keyLength, this.utf16Key);
  }

  /** The tag of the record's key. */
  tag(key: KeyBuffer): number {
    return key.tagOf(this.words, this.keyAt, this.keyLength);
  }

  keyString(): string {
    // Copied first: a string is never decoded from memory that another process may write.
    const bytes = Buffer.from(this.region.bytes.subarray(this.keyStart, this.keyStart + this.keyLength));
    return bytes.toString(this.utf16Key ? 'utf16le' : 'utf8');
  }

  /** A word of the chain reference. */
  chainWord(field: number): number {
    return this.words[(this.payloadStart >> 2) + field];
  }
}
