// Large values out of a damaged file. A chain's links are in the table, which may be damaged; the value's own checksum tells whether they led right.

import { bulkCrc } from '../file/checksum.js';
import { SegmentKind } from '../layout.js';
import type { DamagedFile, TableEntry } from './damaged-file.js';

/** What the record of a large value says of it. */
export interface ChainReference {
  segment: number;
  generation: number;
  crc: number;
  length: number;
  kind: number;
  flags: number;
  expiry: number;
}

/**
 * All chains that fail together may cost so many times the file's length, a link as much as the segment it leads to: records that all name one long chain must
 * not take for ever. What is given up when that is spent are the values longer than what is left; no store has so many that fail.
 */
const FAILED_SHARE = 4;

export class ChainReader {
  private readonly source: DamagedFile;
  private budget: number;
  /** Segments of values that were read: no other value can have them. */
  private readonly used = new Set<number>();

  constructor(source: DamagedFile) {
    this.source = source;
    this.budget = FAILED_SHARE * source.capacity * source.segmentBytes;
  }

  /** The value, if it is whole. */
  read(reference: ChainReference): Buffer | undefined {
    const current = (entry: TableEntry) => entry;
    const durable = (entry: TableEntry) => entry.durable;
    const ways = this.source.evidence === 'flush' ? [durable, current] : [current, durable];
    for (const way of ways) {
      if (this.budget < reference.length) return undefined;
      const segments = this.follow(reference, way);
      const value = segments && this.join(reference, segments);
      if (value !== undefined) {
        for (const segment of segments as number[]) this.used.add(segment);
        return value;
      }
    }
    return undefined;
  }

  /** The segments that the links lead to; `undefined` if they can't be the value's. */
  private follow(
    { segment, generation, length }: ChainReference,
    way: (entry: TableEntry) => { kind: number; generation: number; next: number },
  ): number[] | undefined {
    const { source, used } = this;
    const count = Math.ceil(length / source.segmentBytes);
    if (!(count >= 1 && count < source.capacity)) return undefined;
    const found = new Set<number>();
    for (let next = segment; found.size < count; ) {
      const isPossible = next > 0 && next < source.capacity && !source.isTable(next) && !used.has(next) && !found.has(next);
      const link = isPossible ? way(source.entry(next)) : undefined;
      if (link?.kind !== SegmentKind.CHAIN || (found.size === 0 && link.generation !== generation)) {
        this.budget -= found.size * source.segmentBytes;
        return undefined;
      }
      found.add(next);
      next = link.next;
    }
    return [...found];
  }

  private join({ length, crc }: ChainReference, segments: readonly number[]): Buffer | undefined {
    const { source } = this;
    const value = Buffer.allocUnsafeSlow(length);
    let at = 0;
    for (const segment of segments) at += source.read(segment, Math.min(source.segmentBytes, length - at)).copy(value, at);
    if (at === length && bulkCrc(value) === crc) return value;
    this.budget -= length;
    return undefined;
  }
}
