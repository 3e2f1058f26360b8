// Takes over the memory that an earlier session left: after a clean close, or after the death of its process, when all that had returned is there.
// Nothing is scanned but the segment table. Returns false if what it finds can't be: then the log decides (rebuild.ts).

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { chainOf } from '../log/chain.js';
import type { Applier } from '../store/apply.js';
import type { Core } from '../store/core.js';

const { ChainRef, Control, Entry, SegmentKind } = L;

export function adopt(core: Core, applier: Applier): boolean {
  const { control, segments, space, index, log } = core;
  const { controlDoubles } = space;
  const durable = controlDoubles[Control.DURABLE_FLUSH >> 1];
  if (!(controlDoubles[Control.LAST_FLUSH >> 1] >= durable) || !Number.isSafeInteger(controlDoubles[Control.NEXT_SEQUENCE >> 1])) return false;
  segments.forget();
  index.forget();
  let sum = 0;
  for (let segment = space.capacity - 1; segment > 0; segment--) {
    if (space.isTable(segment)) continue;
    const now = segments.capture(segment);
    const { kind, length, next } = now;
    if (!(kind >= SegmentKind.FREE && kind <= SegmentKind.CHAIN) || !(length >= 0 && length <= space.segmentBytes)) return false;
    const slot = segments.durable(segment, durable);
    sum = (sum + slot.checksum) | 0;
    if (slot.kind !== kind || slot.generation !== now.generation || slot.length !== length) segments.dirty.add(segment);
    // Written by a flush that died: the next one must write over it, or it would count once that has completed.
    else if (segments.durable(segment, Number.MAX_SAFE_INTEGER).flush > durable) segments.dirty.add(segment);
    if (kind === SegmentKind.FREE) segments.fileAsFree(segment);
    else if (kind === SegmentKind.INDEX || kind === SegmentKind.OVERFLOW) {
      if (!(next >= 0 && next < space.capacity)) return false;
      if (!index.adopt(segment, kind, next)) return false;
    }
  }
  if (!index.isComplete()) return false;
  core.superblock.tableSum = sum;
  log.sequence = controlDoubles[Control.NEXT_SEQUENCE >> 1];
  const open = control[Control.OPEN_SEGMENT];
  const isOpen = open > 0 && open < space.capacity && !space.isTable(open) && segments.word(open, Entry.KIND) === SegmentKind.LOG;
  log.resume(isOpen ? open : 0, isOpen ? segments.word(open, Entry.LENGTH) : 0);
  if (core.readOnly) return true;
  try {
    applier.repair();
    freeLeftovers(core);
  } catch (error) {
    // What a process left is not damaged by its death; what can't be right here is, and the log decides.
    if (error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT') return false;
    throw error;
  }
  return true;
}

/** Frees what a death left behind: log segments taken and never used, chains whose record never came to be. */
function freeLeftovers(core: Core): void {
  const { segments, space, log } = core;
  const owned = new Set<number>();
  const chained: number[] = [];
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const { kind, length } = segments.capture(segment);
    if (kind === SegmentKind.LOG && length === 0 && segment !== log.segment) segments.release(segment);
    if (kind !== SegmentKind.CHAIN) continue;
    chained.push(segment);
    const location = segments.word(segment, Entry.EXPIRING);
    if (location !== 0) for (const part of chainIfOwned(core, segment, location)) owned.add(part);
  }
  for (const segment of chained) if (!owned.has(segment)) segments.release(segment);
}

function chainIfOwned(core: Core, head: number, location: number): number[] {
  const { reader, key, segments, space } = core;
  if (location >>> space.locationShift >= space.capacity) return [];
  reader.seek(location);
  if (!reader.isPlausible() || !reader.isChained || reader.chainWord(ChainRef.SEGMENT) !== head) return [];
  reader.loadKey(key);
  return core.isLatest(key.tag, location) ? chainOf(segments, reader) : [];
}
