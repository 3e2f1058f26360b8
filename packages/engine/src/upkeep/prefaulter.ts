// The log's pages are put in place before it gets there. The first store to a page of a mapped file is a page fault, of half a microsecond or of twenty, which depends on the machine; without
// this one record in a few dozen waits for it.

import type { Segments } from '../file/segments.js';

/** Smaller segments are not worth the calls. */
const LEAST_BYTES = 256 * 1024;
/** What is asked for at once by who writes much: each call wakes a thread. */
const MOST_BYTES = 4 * 2 ** 20;

export class Prefaulter {
  private readonly segments: Segments;
  private readonly helps: boolean;
  /** The segments asked for last because they come next, `from` on and before `to`. */
  private from = 0;
  private to = 0;
  /** How many to ask for at once, where they lie side by side, as after a growth: more each time. */
  private run = 1;

  constructor(segments: Segments) {
    this.segments = segments;
    this.helps = segments.space.segmentBytes >= LEAST_BYTES;
  }

  /** A segment was opened for the log: its pages, where nobody foresaw that it would be this one, and those of the next. */
  opened(segment: number): void {
    // Not noted: those that were to come next still are, and have been asked for.
    if (this.helps && !this.isAsked(segment)) this.segments.space.prefault(segment, 1);
    this.taken();
  }

  /** A segment was taken: another one is next. */
  taken(): void {
    const { upcoming, space } = this.segments;
    if (!this.helps || upcoming === 0 || this.isAsked(upcoming)) return;
    const count = this.segments.upcomingRun(this.run);
    this.from = upcoming;
    this.to = upcoming + count;
    space.prefault(upcoming, count);
    if (this.run * space.segmentBytes < MOST_BYTES) this.run *= 2;
  }

  private isAsked(segment: number): boolean {
    return segment >= this.from && segment < this.to;
  }
}
