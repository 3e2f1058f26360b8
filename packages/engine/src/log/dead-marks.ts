// Which records of a segment are known to be dead, one bit per 16 bytes, in this process's heap: cleaning skips them without a look at the index.
// Only ever a hint in one direction: a mark means dead; no mark means ask the index.

import * as L from '../layout.js';

export class DeadMarks {
  private readonly bits: Int32Array[] = [];
  /** The segment's generation that the marks are of: another opener may have freed it and used it again. */
  private readonly generations: number[] = [];
  private readonly words: number;

  constructor(segmentBytes: number) {
    this.words = segmentBytes >> (L.LOCATION_SHIFT + 5);
  }

  /** Marks the record that starts at unit `unit` of `segment`, which is of this generation. */
  mark(segment: number, generation: number, unit: number): void {
    if (segment >= this.bits.length || this.bits[segment] === NONE || this.generations[segment] !== generation) this.begin(segment, generation);
    this.bits[segment][unit >>> 5] |= 1 << (unit & 31);
  }

  has(segment: number, generation: number, unit: number): boolean {
    const bits = segment < this.bits.length ? this.bits[segment] : NONE;
    return bits !== NONE && this.generations[segment] === generation && (bits[unit >>> 5] & (1 << (unit & 31))) !== 0;
  }

  /** A segment is met in a generation for the first time: nothing in it is known to be dead. */
  private begin(segment: number, generation: number): void {
    // No holes: an array with holes is slower to read.
    while (this.bits.length <= segment) {
      this.bits.push(NONE);
      this.generations.push(0);
    }
    if (this.bits[segment] === NONE) this.bits[segment] = new Int32Array(this.words);
    else this.bits[segment].fill(0);
    this.generations[segment] = generation;
  }
}

const NONE = new Int32Array(0);
