// Where a cache's record goes: the main queue, or the small one, and there to records that expire at about the same time, so that whole segments expire together.
// Yang, Yue and Rashmi, "Segcache: a memory-efficient and scalable in-memory key-value cache for small objects", NSDI 2021.

import { openWord, type Segments } from '../file/segments.js';
import * as L from '../layout.js';
import type { Log } from './log.js';

const { Control, Entry, Label } = L;
const SMALL_POINT = 0;
const MAIN_POINT = 1;
const FIRST_CLASS_POINT = 2;
/** Segments of the largest file, for each append point beyond the first two. */
const SEGMENTS_PER_POINT = 16;

/** The small queue's share of what lives. */
export const SMALL_SHARE = 0.1;

/** Labels for times to live from a second on: each is a class as wide as half an octave. */
function labelFor(ttl: number): number {
  return Label.FIRST_CLASS + Math.max(0, Math.floor(2 * Math.log2(ttl / 1000)));
}

export class Placement {
  private readonly segments: Segments;
  private readonly log: Log;
  /** Append points that are used: few, if there are few segments. */
  private readonly points: number;
  /** What was found when the table was as it was then. */
  private structure = -1;
  private filling = false;
  private point = 0;
  private label = 0;

  constructor(segments: Segments, log: Log) {
    this.segments = segments;
    this.log = log;
    this.points = Math.min(L.POINTS, FIRST_CLASS_POINT + Math.floor(segments.space.maxSegments / SEGMENTS_PER_POINT) - 1);
  }

  isMain(segment: number): boolean {
    return this.segments.word(segment, Entry.NEXT) === Label.MAIN;
  }

  /** Chooses for a record that has `ttl` ms to live, Infinity without expiry. */
  choose(isMain: boolean, ttl: number): void {
    if (isMain) {
      this.point = MAIN_POINT;
      this.label = Label.MAIN;
    } else if (!(ttl < Number.POSITIVE_INFINITY) || this.points <= FIRST_CLASS_POINT) {
      this.point = SMALL_POINT;
      this.label = Label.SMALL;
    } else this.chooseClass(labelFor(Math.max(ttl, 1)));
    this.log.use(this.point, this.label);
  }

  /** Whether the small queue has its share of a cache that is filled for the first time: then what is new goes to the main queue, which has room for it. */
  isFilling(): boolean {
    const { control, controlDoubles } = this.segments.space;
    if (controlDoubles[Control.EVICTIONS >> 1] > 0) return false;
    if (this.structure !== control[Control.STRUCTURE]) {
      this.structure = control[Control.STRUCTURE];
      this.filling = this.isSmallFull();
    }
    return this.filling;
  }

  private isSmallFull(): boolean {
    const { segments } = this;
    const { space } = segments;
    let small = 0;
    for (let segment = 1; segment < space.capacity; segment++) {
      if (space.isTable(segment) || segments.word(segment, Entry.KIND) !== L.SegmentKind.LOG) continue;
      if (segments.word(segment, Entry.NEXT) !== Label.MAIN) small++;
    }
    return small >= space.maxSegments * SMALL_SHARE;
  }

  /** The same again: space that was made meanwhile was taken elsewhere. */
  again(): void {
    this.log.use(this.point, this.label);
  }

  /** The append point of this class; or one that is unused; or else the nearest. A point takes on the class of the record that opens its next segment. */
  private chooseClass(label: number): void {
    const { control } = this.segments.space;
    let nearest = Number.POSITIVE_INFINITY;
    this.label = label;
    for (let point = FIRST_CLASS_POINT; point < this.points; point++) {
      const open = control[openWord(point)];
      const distance = open === 0 ? 0.5 : Math.abs(this.segments.word(open, Entry.NEXT) - label);
      if (distance >= nearest) continue;
      nearest = distance;
      this.point = point;
      if (distance === 0) return;
    }
  }
}
