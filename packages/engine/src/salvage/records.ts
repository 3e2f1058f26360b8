// The whole records of one segment, in the order they lie in, with what is damaged between them.
// A record counts if it is whole, of the segment's generation, and numbered higher than the one before it.

import * as L from '../layout.js';
import type { DamagedFile } from './damaged-file.js';

/** What is known of a log segment. */
export interface LogSegment {
  segment: number;
  /** `undefined`: the table says nothing; that of the first whole record counts. */
  generation: number | undefined;
  /** Bytes that were in use; as long as a segment where nobody knows. */
  length: number;
}

/** Bytes of a segment in which no whole record is. */
export interface Gap {
  from: number;
  to: number;
}

/** Checksums that fail may cost so many times a segment's length: bytes made to look like long records must not take for ever. */
const FAILED_SHARE = 16;

/** Calls `record` with the file's reader on each whole record, and `gap` for what lies between. A segment of unknown length ends with its last whole record. */
export function scanDamaged(source: DamagedFile, known: LogSegment, record: () => void, gap: (gap: Gap) => void): void {
  const { reader, segmentBytes } = source;
  const there = source.load(known.segment);
  const length = Math.min(known.length, segmentBytes);
  let { generation } = known;
  let before = Number.NEGATIVE_INFINITY;
  let budget = FAILED_SHARE * segmentBytes;

  const isRecord = (offset: number): boolean => {
    if (offset + L.Rec.HEADER_WORDS * 4 > length) return false;
    reader.seek(offset >> L.LOCATION_SHIFT);
    if (!reader.isPlausible() || offset + reader.content > length || offset + reader.content > there) return false;
    if (generation !== undefined && reader.generation !== generation) return false;
    if (!(reader.sequence > before && Number.isSafeInteger(reader.sequence))) return false;
    if (budget <= 0) return false;
    if (reader.isWhole()) return true;
    budget -= reader.content;
    return false;
  };

  /** Where the next whole record begins; `length` if there is none. */
  const next = (offset: number): number => {
    reader.seek(offset >> L.LOCATION_SHIFT);
    // What is damaged is rarely its length: its own end first, so that bytes inside a value are not taken for a record.
    if (reader.isPlausible()) {
      const end = offset + reader.space16;
      if (end >= length || isRecord(end)) return Math.min(end, length);
    }
    for (let at = offset + L.RECORD_ALIGN; at < length; at += L.RECORD_ALIGN) if (isRecord(at)) return at;
    return length;
  };

  for (let offset = 0; offset < length; ) {
    if (isRecord(offset)) {
      const end = offset + reader.space16;
      generation ??= reader.generation;
      before = reader.sequence;
      record();
      offset = end;
      continue;
    }
    const to = next(offset);
    if (known.generation !== undefined || to < length) gap({ from: offset, to });
    offset = to;
  }
}
