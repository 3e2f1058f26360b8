// The whole records of one segment, in the order they lie in, with what is damaged between them.
// A record counts if it is whole, of the segment's generation, and numbered higher than the one before it.

import * as L from '../layout.js';
import type { DamagedFile, TableEntry } from './damaged-file.js';

/** What is known of a log segment. */
export interface LogSegment {
  segment: number;
  /** `undefined`: the table says nothing; that of the first whole record counts. */
  generation: number | undefined;
  /** Bytes that were in use; as long as a segment where nobody knows. */
  length: number;
  /** No record in it is numbered lower, as far as that is certain; else `-Infinity`. */
  base: number;
}

type TableState = Pick<TableEntry, 'kind' | 'generation' | 'length' | 'baseSequence'>;

/** Bytes of a segment in which no whole record is. */
export interface Gap {
  from: number;
  to: number;
}

/** What a segment's table entry says of it, as far as it can be believed: nothing if it holds no records, and more than one thing where it can't be told which is true. */
export function logSegments(source: DamagedFile, segment: number): LogSegment[] {
  const { evidence, segmentBytes: whole } = source;
  const entry = source.entry(segment);
  const isLog = ({ kind, length }: TableState) => kind === L.SegmentKind.LOG && length >= 0 && length <= whole;
  // Where nothing vouches for the table, its numbers may be of another moment.
  const known = ({ generation, length, baseSequence }: TableState) => ({
    segment,
    generation,
    length,
    base: evidence === 'none' ? Number.NEGATIVE_INFINITY : baseSequence,
  });
  const fromSlot = isLog(entry.durable) ? [known(entry.durable)] : [];
  if (evidence === 'flush') return segment < (source.superblock?.capacity ?? 0) ? fromSlot : [];
  const isPossible = entry.kind >= L.SegmentKind.FREE && entry.kind <= L.SegmentKind.CHAIN && entry.length >= 0 && entry.length <= whole;
  const current = isLog(entry) ? [known(entry)] : [];
  // Blank is what was never used, or what was wiped: its bytes tell. Memory has no checksum, so there it can be both, too.
  if (evidence === 'memory' && isPossible && !entry.isBlank) return current;
  if (current.length > 0 && fromSlot.length > 0) {
    const [[now], [then]] = [current, fromSlot];
    if (now.generation === then.generation) return [{ ...now, length: Math.max(now.length, then.length) }];
    // The later use of the segment first; unless it is only a damaged number, in which case no record has it.
    return now.generation > then.generation ? [now, then] : [then, now];
  }
  if (current.length + fromSlot.length > 0) return [...current, ...fromSlot];
  return entry.isBlank || !isPossible ? [{ segment, generation: undefined, length: whole, base: Number.NEGATIVE_INFINITY }] : [];
}

/**
 * Checksums that fail may cost so many times a segment's length, since bytes can be made to look like long records everywhere: where a record is due, right behind
 * another one, and where one is only looked for. When that is spent, only short records are still tried. What is given up is a long whole record in a segment
 * that has many headers of long ones that are not whole: no accident makes those.
 */
const DUE_SHARE = 4;
const SOUGHT_SHARE = 8;
/** Tried at every place a record could begin, these cost 16 times a segment's length at most. */
const SHORT_BYTES = 256;

/** Calls `record` with the file's reader on each whole record, and `gap` for what lies between. A segment of unknown length ends with its last whole record. */
export function scanDamaged(source: DamagedFile, known: LogSegment, record: () => void, gap: (gap: Gap) => void): void {
  const { reader, segmentBytes } = source;
  const there = source.load(known.segment);
  const length = Math.min(known.length, segmentBytes);
  let { generation } = known;
  let before = Number.NEGATIVE_INFINITY;
  const left = { due: DUE_SHARE * segmentBytes, sought: SOUGHT_SHARE * segmentBytes };

  const isRecord = (offset: number, how: 'due' | 'sought'): boolean => {
    if (offset + L.Rec.HEADER_WORDS * 4 > length) return false;
    reader.seek(offset >> L.LOCATION_SHIFT);
    if (!reader.isPlausible() || offset + reader.content > length || offset + reader.content > there) return false;
    if (generation !== undefined && reader.generation !== generation) return false;
    if (!(reader.sequence > before && Number.isSafeInteger(reader.sequence))) return false;
    if (reader.content > SHORT_BYTES && reader.content > left[how]) return false;
    if (reader.isWhole()) return true;
    left[how] -= reader.content;
    return false;
  };

  /** Where the next whole record begins, with the reader on it; `length` if there is none. */
  const next = (offset: number): number => {
    reader.seek(offset >> L.LOCATION_SHIFT);
    // A damaged header's own end counts only where the numbers leave no place for another record before it: then bytes inside the damaged value, which may look
    // like a record, are not taken for one. The header itself proves nothing, so else every place is tried.
    if (reader.isPlausible()) {
      const end = offset + reader.space16;
      const steps = isRecord(end, 'due') ? reader.sequence - Math.max(before, known.base - 1) : 0;
      if (steps === 1 || steps === 2) return end;
    }
    for (let at = offset + L.RECORD_ALIGN; at < length; at += L.RECORD_ALIGN) if (isRecord(at, 'sought')) return at;
    return length;
  };

  for (let offset = 0; offset < length; ) {
    let at = offset;
    if (!isRecord(offset, 'due')) {
      at = next(offset);
      if (known.generation !== undefined || at < length) gap({ from: offset, to: at });
      if (at >= length) return;
    }
    generation ??= reader.generation;
    before = reader.sequence;
    offset = at + reader.space16;
    record();
  }
}
