// What cleaning would gain, and where to look for what has expired, by the segment table alone.

import * as L from '../layout.js';
import type { Core } from '../store/core.js';

const { Entry, SegmentKind } = L;

export interface Candidate {
  segment: number;
  length: number;
  live: number;
  /** Bytes that cleaning it gains: what is dead, and what lies unused behind it unless more than half of it lives, beside which the next such may not fit either. */
  gain: number;
  base: number;
}

export interface Survey {
  sealed: Candidate[];
  live: number;
  gain: number;
  used: number;
}

/** Whether something in this segment has expired that nobody has found yet. */
export function isDue({ segments, space, environment }: Core, segment: number): boolean {
  if (space.isTable(segment)) return false;
  segments.entry(segment);
  const { words, doubles, at } = segments;
  return words[at + Entry.KIND] === SegmentKind.LOG && words[at + Entry.EXPIRING] > 0 && doubles[(at + Entry.GATE) >> 1] <= environment.now();
}

/** All sealed log segments, and what is live in them; what has expired counts as dead where that is known. */
export function survey({ segments, space, log, environment }: Core): Survey {
  const sealed: Candidate[] = [];
  const full = space.segmentBytes;
  let live = 0;
  let gained = 0;
  let now = 0;
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    segments.entry(segment);
    const { words, doubles, at } = segments;
    if (words[at + Entry.KIND] !== SegmentKind.LOG || log.isOpen(segment)) continue;
    let alive = words[at + Entry.LIVE];
    if (words[at + Entry.EXPIRING] > 0) {
      now ||= environment.now();
      if (doubles[(at + Entry.LAST_EXPIRY) >> 1] <= now) alive = Math.max(0, alive - words[at + Entry.EXPIRING]);
    }
    const length = words[at + Entry.LENGTH];
    const gain = (alive * 2 > full ? length : full) - alive;
    live += alive;
    gained += gain;
    sealed.push({ segment, length, live: alive, gain, base: doubles[(at + Entry.BASE_SEQUENCE) >> 1] });
  }
  return { sealed, live, gain: gained, used: sealed.length * full };
}
