// Which records of a segment are known to be dead, one bit per 16 bytes, in this process's heap: cleaning skips them without a look at the index.
// Only ever a hint in one direction: a mark means dead; no mark means ask the index.

import * as L from '../layout.js';

export class DeadMarks {
  private readonly bits: Int32Array[] = [];
  private readonly words: number;

  constructor(segmentBytes: number) {
    this.words = segmentBytes >> (L.LOCATION_SHIFT + 5);
  }

  /** Marks the record that starts at unit `unit` of `segment`. */
  mark(segment: number, unit: number): void {
    const bits = segment < this.bits.length ? this.bits[segment] : NONE;
    if (bits !== NONE) bits[unit >>> 5] |= 1 << (unit & 31);
    else {
      this.reset(segment);
      this.bits[segment][unit >>> 5] = 1 << (unit & 31);
    }
  }

  has(segment: number, unit: number): boolean {
    const bits = segment < this.bits.length ? this.bits[segment] : NONE;
    return bits !== NONE && (bits[unit >>> 5] & (1 << (unit & 31))) !== 0;
  }

  /** A segment begins anew, or is met for the first time: nothing in it is known to be dead. */
  reset(segment: number): void {
    // No holes: an array with holes is slower to read.
    while (this.bits.length <= segment) this.bits.push(NONE);
    if (this.bits[segment] === NONE) this.bits[segment] = new Int32Array(this.words);
    else this.bits[segment].fill(0);
  }
}

const NONE = new Int32Array(0);
