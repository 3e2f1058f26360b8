// A value larger than a segment: a chain of whole segments, linked in the table, never cleaned, freed with its record.

import { bulkCrc } from '../file/checksum.js';
import type { Segments } from '../file/segments.js';
import * as L from '../layout.js';
import type { RecordReader } from './record.js';

const { ChainRef, Entry, SegmentKind } = L;

/** Segments that `length` bytes fill. */
export function chainSegments(segments: Segments, length: number): number {
  return Math.ceil(length / segments.space.segmentBytes);
}

/** Copies `value` into free segments (there must be enough) and returns what the record holds in its place: a ChainRef. */
export function writeChain(segments: Segments, value: Uint8Array): Uint8Array {
  const { space } = segments;
  let next = 0;
  // Last piece first, so that every link is known when its segment is taken.
  for (let piece = chainSegments(segments, value.length) - 1; piece >= 0; piece--) {
    const part = value.subarray(piece * space.segmentBytes, (piece + 1) * space.segmentBytes);
    next = segments.take(SegmentKind.CHAIN, next, 0, (segment) => {
      space.regionOf[segment].bytes.set(part, space.wordBase[segment] << 2);
    });
    segments.setWord(next, Entry.LENGTH, part.length);
  }
  const reference = new Int32Array(ChainRef.WORDS);
  reference[ChainRef.SEGMENT] = next;
  reference[ChainRef.GENERATION] = segments.word(next, Entry.GENERATION);
  reference[ChainRef.CRC] = bulkCrc(value);
  return new Uint8Array(reference.buffer);
}

/** The first segment of the chain that a record owns; throws `ERR_STORE_CORRUPT` if there is none. */
export function chainHeadOf(segments: Segments, record: RecordReader): number {
  const segment = record.chainWord(ChainRef.SEGMENT);
  if (!isChain(segments, segment) || segments.word(segment, Entry.GENERATION) !== record.chainWord(ChainRef.GENERATION)) {
    throw record.damaged(`the record at ${record.location >>> 0} names a chain that is not there`);
  }
  return segment;
}

/** The chain's segments, first to last, each checked; throws `ERR_STORE_CORRUPT` if it is not as the record says. */
export function chainOf(segments: Segments, record: RecordReader): number[] {
  const { space } = segments;
  let segment = chainHeadOf(segments, record);
  const count = chainSegments(segments, record.valueLength);
  // More than the file has: it would have to run in a circle.
  if (!(count >= 1 && count < space.capacity))
    throw record.damaged(`the chain of the record at ${record.location >>> 0} can't be ${record.valueLength} bytes long`);
  const found: number[] = [];
  for (let left = record.valueLength; left > 0; left -= space.segmentBytes) {
    if (!isChain(segments, segment) || found.length >= count || segments.word(segment, Entry.LENGTH) !== Math.min(left, space.segmentBytes)) {
      throw record.damaged(`the chain of the record at ${record.location >>> 0} is broken`);
    }
    found.push(segment);
    segment = segments.word(segment, Entry.NEXT);
  }
  return found;
}

function isChain(segments: Segments, segment: number): boolean {
  const { space } = segments;
  return segment > 0 && segment < space.capacity && !space.isTable(segment) && segments.word(segment, Entry.KIND) === SegmentKind.CHAIN;
}

/** A private copy of a chained value, checked against its checksum. */
export function readChain(segments: Segments, record: RecordReader): Buffer {
  const { space } = segments;
  // Who reads without the lock may know less of the file than the record does: another opener may have grown it for the chain.
  space.follow();
  const chain = chainOf(segments, record);
  const value = Buffer.allocUnsafeSlow(record.valueLength);
  chain.forEach((segment, piece) => {
    const start = space.wordBase[segment] << 2;
    space.regionOf[segment].bytes.copy(value, piece * space.segmentBytes, start, start + segments.word(segment, Entry.LENGTH));
  });
  if (bulkCrc(value) !== record.chainWord(ChainRef.CRC))
    throw record.damaged(`the value of the record at ${record.location >>> 0} does not match its checksum`);
  return value;
}

/** Frees a chain by its first segment. Run again by repair: what is freed already ends it. */
export function releaseChain(segments: Segments, first: number): void {
  for (let segment = first; isChain(segments, segment); ) {
    const next = segments.word(segment, Entry.NEXT);
    segments.release(segment);
    segment = next;
  }
}
