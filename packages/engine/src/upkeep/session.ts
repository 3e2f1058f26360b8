// A session: from the first opener's arrival to the last one's leaving. What it leaves behind tells the next one which kind of end it had.
// Identity (boot, device, inode, birth, disk sequence) equal: memory is as it was left. Clean mark, its checksum and place (inode, birth): so is the file.

import { createHash } from 'node:crypto';
import { StoreError } from '../errors.js';
import { bulkCrc } from '../file/checksum.js';
import { hasOthers } from '../file/openers.js';
import { patiently } from '../file/patience.js';
import * as L from '../layout.js';
import type { Core } from '../store/core.js';
import type { Flusher } from './flush.js';

const { Control, Entry, SegmentKind } = L;
/** Words that change while a clean file is only read. */
const SESSION_WORDS = [
  Control.LOCK,
  Control.LAST_WRITER,
  Control.FLUSH_LOCK,
  Control.GENERATIONS,
  Control.SESSION,
  Control.LOCK_WAITS,
  Control.REPAIRS,
  Control.RETRIES,
  Control.VICTIM,
];

function digestWords(text: string): Int32Array {
  const digest = createHash('sha256').update(text).digest();
  return new Int32Array(new Uint8Array(digest).buffer);
}

/** Whether the control block was last written in this boot, of this file on this disk: then memory is as it was left. */
export function hasIdentity(control: Int32Array, identity: string): boolean {
  return digestWords(identity).every((word, i) => control[Control.IDENTITY + i] === word);
}

/** The first opener: locks and counts of openers that are gone, all of them, mean nothing any more. */
export function beginSession(core: Core): void {
  const { control, space, environment } = core;
  for (const word of SESSION_WORDS) control[word] = 0;
  // Generations begin anew: this tells an opener from one of an earlier session.
  [control[Control.SESSION]] = new Int32Array(Uint8Array.from(environment.random(4)).buffer);
  space.head.words.fill(0, L.OPENERS_OFFSET >> 2, (L.OPENERS_OFFSET >> 2) + L.MAX_OPENERS * L.Opener.WORDS);
  if (!hasIdentity(control, space.file.identity())) space.controlDoubles[Control.ZEROED >> 1] = 0;
}

/** Whether the clean mark is this very file's. A copy may have the mark of one moment and records of another. */
export function isSamePlace(core: Core): boolean {
  const { superblock, space } = core;
  const words = digestWords(space.file.place());
  return superblock.place0 === words[0] && superblock.place1 === words[1];
}

/** CRC-32 of what a clean close makes durable besides the log: control block, table and index. */
export function cleanSum(core: Core): number {
  // The control block as the next session will begin with it.
  const control = core.control.slice();
  for (const word of [...SESSION_WORDS, Control.ESTABLISHED, Control.ZEROED, Control.ZEROED + 1]) control[word] = 0;
  let sum = bulkCrc(new Uint8Array(control.buffer));
  for (const [from, to] of tableAndIndex(core)) {
    core.space.forRegions(from, to, (region, start, end) => {
      sum = bulkCrc(region.bytes.subarray(start, end), sum);
    });
  }
  return sum;
}

function tableAndIndex(core: Core): [number, number][] {
  const { space, segments } = core;
  const ranges: [number, number][] = [];
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

/** What no flush has made durable: the log and the chains of a cache, and the file's length. */
function unflushed({ space, segments }: Core): [number, number][] {
  const ranges: [number, number][] = [[space.fileBytes - L.PAGE_BYTES, space.fileBytes]];
  for (let segment = 1; segment < space.capacity; segment++) {
    if (space.isTable(segment)) continue;
    const { kind, length } = segments.capture(segment);
    const start = space.bytesFor(segment);
    if (kind === SegmentKind.LOG || kind === SegmentKind.CHAIN) ranges.push([start, start + length]);
  }
  return ranges;
}

/** Flushes, makes index and control block durable too, then the clean mark. Nobody else may have the file open. */
export function closeCleanly(core: Core, flusher: Flusher): void {
  flusher.flushSync();
  flusher.sync([[L.CONTROL_OFFSET, L.CONTROL_OFFSET + Control.WORDS * 4], ...tableAndIndex(core), ...(core.isCache ? unflushed(core) : [])]);
  core.refreshSuperblock();
  core.superblock.clean = true;
  core.superblock.cleanSum = cleanSum(core);
  markPlace(core, flusher);
}

/** An opener goes: it flushes, and the last one leaves the file clean, unless a sync failed. */
export function leave(core: Core, flusher: Flusher, wrote: boolean, repair: () => void): void {
  const { file } = core.space;
  if (core.readOnly) return;
  const isPoisoned = () => core.control[Control.POISON] !== 0;
  try {
    if (!isPoisoned()) flushOnLeaving(flusher, wrote || flusher.isWanted);
    else flusher.giveUp(new StoreError('ERR_STORE_POISONED', `${file.path} was closed after a sync to disk failed`, { path: file.path, cause: core.poison }));
    if (!patiently(core.busyTimeout, () => file.tryLock(L.LockByte.OPEN, 1, 'exclusive'))) return;
    core.refreshSuperblock();
    if (isPoisoned() || core.superblock.clean || hasOthers(file)) return;
    repair();
    closeCleanly(core, flusher);
  } finally {
    core.openers.leave();
    file.unlock(L.LockByte.OPEN, 1);
  }
}

/** Who has written flushes. Where another opener is busy with it for too long, what was written is in the memory that all share: it flushes, or the last one does. */
function flushOnLeaving(flusher: Flusher, wrote: boolean): void {
  if (!wrote) return;
  try {
    flusher.flushSync();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    flusher.giveUp(error);
    if (error.code !== 'ERR_STORE_BUSY') throw error;
  }
}

/** Durably says in the superblock which file this is. */
export function markPlace(core: Core, flusher: Flusher): void {
  [core.superblock.place0, core.superblock.place1] = digestWords(core.space.file.place());
  flusher.sync([flusher.storeSuperblock()]);
}

/** Durably takes the clean mark away: the last step of a recovery, the first of a change to a clean file. */
export function markUnclean(core: Core, flusher: Flusher): void {
  core.flushLock.acquire();
  try {
    core.refreshSuperblock();
    // Before the mark is gone: to whoever finds neither, what a dead process left is what a power cut left.
    core.control.set(digestWords(core.space.file.identity()), Control.IDENTITY);
    core.superblock.clean = false;
    flusher.sync([flusher.storeSuperblock()]);
    // Last: then no other opener needs to.
    core.control[Control.ESTABLISHED] = 1;
  } finally {
    if (core.flushLock.held) core.flushLock.release();
  }
}

/** Makes all of the file durable as it was found: no one knows whether who copied it did. Of a file that a power cut left nothing is dirty. */
export function syncAll(core: Core): void {
  const { space } = core;
  space.forRegions(0, space.fileBytes, (region, from, to) => space.file.sync(region, from, to));
}
