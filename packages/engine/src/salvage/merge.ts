// The records of log segments whose numbers overlap, one by one in the order of their numbers. Segments follow one another, but where a table was lost and two
// timelines lie in the file, or where one record has a number that is none of its time. Only of the segments that the order has come to is it kept where their
// records lie, in 16 bytes a record, so that one such number does not cost memory for a whole file.

import * as L from '../layout.js';
import type { DamagedFile } from './damaged-file.js';
import { type LogSegment, scanDamaged } from './records.js';

/** A log segment with the sequence numbers it goes from and to. */
export interface Run {
  log: LogSegment;
  first: number;
  last: number;
  /** Its whole records. */
  count: number;
}

/** A run that the order has come to: where its records lie, and which is next. */
class OpenRun {
  readonly segment: number;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  private readonly sequences: Float64Array;
  private readonly order: number;
  private count = 0;
  at = 0;

  constructor(source: DamagedFile, { log, count }: Run, order: number) {
    this.segment = log.segment;
    this.order = order;
    this.sequences = new Float64Array(count);
    this.offsets = new Uint32Array(count);
    this.lengths = new Uint32Array(count);
    const { reader } = source;
    const visit = () => {
      if (this.count === count) return; // a file that somebody writes to meanwhile
      this.sequences[this.count] = reader.sequence;
      this.offsets[this.count] = reader.offset;
      this.lengths[this.count++] = reader.content;
    };
    scanDamaged(source, log, visit, () => undefined);
  }

  get isDone(): boolean {
    return this.at >= this.count;
  }

  get sequence(): number {
    return this.sequences[this.at];
  }

  isBefore(other: OpenRun): boolean {
    return this.sequence < other.sequence || (this.sequence === other.sequence && this.order < other.order);
  }
}

/** Calls `record` with the file's reader on each record of the runs, which are sorted by their first numbers. */
export function merge(source: DamagedFile, runs: readonly Run[], record: () => void): void {
  const { reader } = source;
  /** A heap: each is before the two at twice its place, and 1 and 2 more. */
  const heap: OpenRun[] = [];
  for (let opened = 0; opened < runs.length || heap.length > 0; ) {
    if (opened < runs.length && (heap.length === 0 || runs[opened].first <= heap[0].sequence)) {
      const run = new OpenRun(source, runs[opened], opened);
      opened++;
      if (!run.isDone) rise(heap, run);
      continue;
    }
    const run = heap[0];
    const offset = run.offsets[run.at];
    source.loadPart(run.segment, offset, run.lengths[run.at]);
    reader.seek(offset >> L.LOCATION_SHIFT);
    if (reader.isPlausible() && reader.isWhole()) record();
    run.at++;
    const moved = run.isDone ? heap.pop() : run;
    if (moved !== undefined && heap.length > 0) sink(heap, moved);
  }
}

/** Adds a run to the heap. */
function rise(heap: OpenRun[], run: OpenRun): void {
  let at = heap.length;
  for (let up = (at - 1) >> 1; at > 0 && run.isBefore(heap[up]); up = (at - 1) >> 1) {
    heap[at] = heap[up];
    at = up;
  }
  heap[at] = run;
}

/** Puts a run in the place of the first. */
function sink(heap: OpenRun[], run: OpenRun): void {
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    if (down + 1 < heap.length && heap[down + 1].isBefore(heap[down])) down++;
    if (down >= heap.length || !heap[down].isBefore(run)) break;
    heap[at] = heap[down];
    at = down;
  }
  heap[at] = run;
}
