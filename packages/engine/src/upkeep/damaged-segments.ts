// Segments with a damaged record, as this opener met them. In another generation, after others have freed and used it again, a segment is another one.

import type { Segments } from '../file/segments.js';
import { Entry } from '../layout.js';

export class DamagedSegments {
  private readonly generations = new Map<number, number>();
  private readonly segments: Segments;

  constructor(segments: Segments) {
    this.segments = segments;
  }

  add(segment: number): void {
    this.generations.set(segment, this.segments.word(segment, Entry.GENERATION));
  }

  has(segment: number): boolean {
    const generation = this.generations.get(segment);
    return generation !== undefined && generation === this.segments.word(segment, Entry.GENERATION);
  }

  clear(): void {
    this.generations.clear();
  }
}
