// Takes over the memory that an earlier session left: after a clean close, or after the death of its process, when all that had returned is there.
// Nothing is scanned but the segment table. False if what is found can't be: then the log decides (rebuild.ts).

import type { KeyBuffer } from '../hash-index/hash.js';
import * as L from '../layout.js';
import { chainOf } from '../log/chain.js';
import type { RecordReader } from '../log/record.js';
import type { Applier } from '../store/apply.js';
import type { Core } from '../store/core.js';

const { ChainRef, Control, Entry, Intent, SegmentKind } = L;

/** Reads where everything is. Changes nothing. */
export function adopt(core: Core): boolean {
  const { control, segments, space, index, log } = core;
  const { controlDoubles } = space;
  const durable = controlDoubles[Control.DURABLE_FLUSH >> 1];
  if (!(controlDoubles[Control.LAST_FLUSH >> 1] >= durable)) return false;
  if (![Control.NEXT_SEQUENCE, Control.CHANGES].every((count) => isCount(controlDoubles[count >> 1]))) return false;
  let sum = 0;
  for (let segment = space.capacity - 1; segment > 0; segment--) {
    if (space.isTable(segment)) continue;
    const { kind, length } = segments.capture(segment);
    if (!(kind >= SegmentKind.FREE && kind <= SegmentKind.CHAIN) || !(length >= 0 && length <= space.segmentBytes)) return false;
    sum = (sum + segments.durable(segment, durable).checksum) | 0;
  }
  if (sum !== core.superblock.tableSum) return false;
  segments.refresh();
  if (!index.locate(control[Control.INTENT] === Intent.CLEAR) || !index.isComplete()) return false;
  log.refresh();
  return true;
}

/** Finishes what a death, or an exception, left half done, and frees what it left behind. The writer lock is held. */
export function repairAll(core: Core, applier: Applier): void {
  const { control } = core;
  // Where cleaning stood may be half told.
  control[Control.VICTIM] = 0;
  // Who died may have taken a segment and not said so, and what is freed here may be what another has open: all look again, who wrote last too.
  control[Control.LAST_WRITER] = 0;
  control[Control.STRUCTURE] = (control[Control.STRUCTURE] + 1) | 0;
  core.segments.refresh();
  core.index.locate(control[Control.INTENT] === Intent.CLEAR);
  core.log.refresh();
  applier.repair();
  freeLeftovers(core);
}

/** Frees what a death left behind: log segments taken and never used, chains whose record never came to be. */
function freeLeftovers(core: Core): void {
  const { segments, space, log } = core;
  // Of its own: a read that waits for the lock has put its key into the core's.
  const reader = core.newReader();
  const key = core.newKey();
  const owned = new Set<number>();
  const chained: number[] = [];
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const { kind, length } = segments.capture(segment);
    if (kind === SegmentKind.LOG && length === 0 && segment !== log.segment) segments.release(segment);
    if (kind !== SegmentKind.CHAIN) continue;
    chained.push(segment);
    const location = segments.word(segment, Entry.EXPIRING);
    if (location !== 0) for (const part of chainIfOwned(core, reader, key, segment, location)) owned.add(part);
  }
  for (const segment of chained) if (!owned.has(segment)) segments.release(segment);
}

function chainIfOwned(core: Core, reader: RecordReader, key: KeyBuffer, head: number, location: number): number[] {
  const { segments, space } = core;
  if (location >>> space.locationShift >= space.capacity) return [];
  reader.seek(location);
  if (!reader.isPlausible() || !reader.isChained || reader.chainWord(ChainRef.SEGMENT) !== head) return [];
  reader.loadKey(key);
  return core.isLatest(key.tag, location) ? chainOf(segments, reader) : [];
}

/** A count that can go no further would tell nobody of a change. At a million a second none comes as far as this in a hundred years. */
function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= 2 ** 52;
}
