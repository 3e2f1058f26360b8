// Which bytes of the file a flush must sync, and where they lie in memory. Here nothing is written or synced.

import type { SegmentFile } from '../file/segment-file.js';
import type { Captured, Segments } from '../file/segments.js';
import * as L from '../layout.js';
import type { Region } from '../mapping/mapping.js';

const { SegmentKind } = L;
const ENTRY_BYTES = L.ENTRY_WORDS * 4;

/** Bytes `[from, to)` of the file. */
export type Range = [from: number, to: number];

/** The bytes of captured log and chain segments that flush `completed` did not cover. */
export function uncovered(segments: Segments, captured: readonly Captured[], completed: number): Range[] {
  const { space } = segments;
  const ranges: Range[] = [];
  for (const one of captured) {
    if (one.kind !== SegmentKind.LOG && one.kind !== SegmentKind.CHAIN) continue;
    const before = segments.durable(one.segment, completed);
    const from = before.kind === one.kind && before.generation === one.generation ? before.length : 0;
    if (one.length > from) ranges.push([space.bytesFor(one.segment) + from, space.bytesFor(one.segment) + one.length]);
  }
  return ranges;
}

/** Their entries in the table. */
export function entriesOf(space: SegmentFile, captured: readonly Captured[]): Range[] {
  return captured.map(({ segment }) => {
    const at = space.bytesFor(segment & ~space.groupMask) + (segment & space.groupMask) * ENTRY_BYTES;
    return [at, at + ENTRY_BYTES];
  });
}

/** What makes a growth durable. */
export function grown(space: SegmentFile, before: number, capacity: number): Range[] {
  if (capacity <= before) return [];
  const ranges: Range[] = [];
  // What the disk has in the table may be of a timeline that was given up: all of it is written.
  for (let segment = before; segment < capacity; segment = (segment | space.groupMask) + 1) {
    const at = space.bytesFor(segment & ~space.groupMask);
    const last = Math.min(segment | space.groupMask, capacity - 1) & space.groupMask;
    ranges.push([at + (segment & space.groupMask) * ENTRY_BYTES, at + (last + 1) * ENTRY_BYTES]);
  }
  // With its last page the file's new length is durable, before a superblock counts it: a shorter file was cut off by someone, and is never made longer.
  ranges.push([space.bytesFor(capacity) - L.PAGE_BYTES, space.bytesFor(capacity)]);
  return ranges;
}

/** Ranges, joined where they share or touch a page, as parts of regions. */
export function partsOf(space: SegmentFile, ranges: readonly Range[]): { region: Region; from: number; to: number }[] {
  const parts: { region: Region; from: number; to: number }[] = [];
  const add = (region: Region, from: number, to: number) => parts.push({ region, from, to });
  let open: Range | undefined;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const page = from - (from % L.PAGE_BYTES);
    if (open !== undefined && page <= open[1]) open[1] = Math.max(open[1], to);
    else {
      if (open !== undefined) space.forRegions(open[0], open[1], add);
      open = [page, to];
    }
  }
  if (open !== undefined) space.forRegions(open[0], open[1], add);
  return parts;
}
