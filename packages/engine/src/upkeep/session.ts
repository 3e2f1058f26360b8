// A session: from the first opener's arrival to the last one's leaving. What it leaves behind tells the next one which kind of end it had.
// Identity (boot, device, inode, birth, disk sequence) equal: memory is as it was left. Clean mark, its checksum and place (inode, birth): so is the file.

import { createHash } from 'node:crypto';
import { bulkCrc } from '../file/checksum.js';
import * as L from '../layout.js';
import type { Core } from '../store/core.js';
import type { Flusher } from './flush.js';

const { Control, Entry, SegmentKind } = L;
const IDENTITY_WORDS = 8;

function digestWords(text: string): Int32Array {
  const digest = createHash('sha256').update(text).digest();
  return new Int32Array(new Uint8Array(digest).buffer);
}

/** Whether the control block was last written by a session on this very memory. */
export function isSameMemory(control: Int32Array, identity: string): boolean {
  if (control[Control.ESTABLISHED] !== 1) return false;
  const words = digestWords(identity);
  for (let i = 0; i < IDENTITY_WORDS; i++) if (control[Control.IDENTITY + i] !== words[i]) return false;
  return true;
}

/** Says in the control block whose memory this is: the last step of a recovery, the first of a change to a clean file. */
export function establish(core: Core): void {
  const words = digestWords(core.space.file.identity());
  for (let i = 0; i < IDENTITY_WORDS; i++) core.control[Control.IDENTITY + i] = words[i];
  core.control[Control.POISON] = 0;
  core.control[Control.ESTABLISHED] = 1;
}

/** Whether the clean mark is this very file's. A copy may have the mark of one moment and records of another. */
export function isSamePlace(core: Core): boolean {
  const { superblock, space } = core;
  const words = digestWords(space.file.place());
  return superblock.place0 === words[0] && superblock.place1 === words[1];
}

/** CRC-32 of what a clean close makes durable besides the log: control block, table and index. */
export function cleanSum(core: Core): number {
  let sum = 0;
  for (const [from, to] of cleanRanges(core)) {
    core.space.forRegions(from, to, (region, start, end) => {
      sum = bulkCrc(region.bytes.subarray(start, end), sum);
    });
  }
  return sum;
}

function cleanRanges(core: Core): [number, number][] {
  const { space, segments } = core;
  const ranges: [number, number][] = [[L.CONTROL_OFFSET, L.CONTROL_OFFSET + Control.WORDS * 4]];
  for (let segment = 0; segment < space.capacity; segment++) {
    const start = space.bytesFor(segment);
    if (space.isTable(segment)) {
      const entries = Math.min(space.groupMask + 1, space.capacity - segment);
      ranges.push([start, start + entries * L.ENTRY_WORDS * 4]);
      continue;
    }
    const kind = segments.word(segment, Entry.KIND);
    if (kind === SegmentKind.INDEX || kind === SegmentKind.OVERFLOW) ranges.push([start, start + space.segmentBytes]);
  }
  return ranges;
}

/** Flushes, makes index and control block durable too, then the clean mark. */
export function closeCleanly(core: Core, flusher: Flusher): void {
  flusher.flushSync();
  flusher.sync(cleanRanges(core));
  core.superblock.clean = true;
  core.superblock.cleanSum = cleanSum(core);
  markPlace(core, flusher);
}

/** Durably says in the superblock which file this is. */
export function markPlace(core: Core, flusher: Flusher): void {
  [core.superblock.place0, core.superblock.place1] = digestWords(core.space.file.place());
  flusher.sync([flusher.storeSuperblock()]);
}

/** Durably takes the clean mark away: before the first change. */
export function markUnclean(core: Core, flusher: Flusher): void {
  establish(core);
  core.superblock.clean = false;
  flusher.sync([flusher.storeSuperblock()]);
}

/** Makes all of the file durable as it was found: no one knows whether who copied it did. Of a file that a power cut left nothing is dirty. */
export function syncAll(core: Core): void {
  const { space } = core;
  space.forRegions(0, space.fileBytes, (region, from, to) => space.file.sync(region, from, to));
}
