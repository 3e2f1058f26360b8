// Opening a file: created if it is missing, locked, and recovered in the way its last end asks for.
// What is not a store, or is damaged or newer, gives an error and is left as it was.

import { StoreError } from '../errors.js';
import { hasOthers, whileOpening } from '../file/openers.js';
import { SegmentFile } from '../file/segment-file.js';
import { checkSuperblock, corrupt, encodeSuperblock, readSuperblock, type Superblock } from '../file/superblock.js';
import * as L from '../layout.js';
import type { MappedFile } from '../mapping/mapping.js';
import { adopt, repairAll } from '../upkeep/adopt.js';
import { rebuild } from '../upkeep/rebuild.js';
import { beginSession, cleanSum, hasIdentity, isSamePlace, markPlace, markUnclean, syncAll } from '../upkeep/session.js';
import { isWholeCopy } from '../upkeep/verify.js';
import { Core } from './core.js';
import { Engine } from './engine.js';
import { checkMaxSize, type Settings } from './options.js';

const { Control, Intent, LockByte } = L;

/** How the file was found: new, closed cleanly, open elsewhere, left by processes that died, or as at the last completed flush. */
export type Recovery = 'created' | 'clean' | 'joined' | 'process-death' | 'power-cut';

export function openEngine(path: string, settings: Settings): Engine {
  const created = !settings.readOnly && createIfMissing(path, settings);
  const file = settings.mapping.open(path, { readOnly: settings.readOnly });
  try {
    return whileOpening(file, settings.readOnly ? 'shared' : 'exclusive', settings.busyTimeout, () => {
      claim(file, settings);
      return openClaimed(file, settings, created);
    });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Sees to it that no opener wants to be alone, or that this one is, and takes the locks that tell the next. */
function claim(file: MappedFile, { readOnly, exclusive }: Settings): void {
  const { path } = file;
  if (file.isLocked(LockByte.EXCLUSIVE, 1)) {
    throw new StoreError('ERR_STORE_LOCKED', `${path} is open with exclusive: true in another process or thread: close it there first`, { path });
  }
  if (readOnly) file.tryLock(LockByte.READERS, 1, 'shared');
  else if (exclusive) {
    if (hasOthers(file) || !file.tryLock(LockByte.READERS, 1, 'exclusive')) {
      throw new StoreError('ERR_STORE_LOCKED', `${path} is open in another process or thread: close it there first, or open it without exclusive`, { path });
    }
    file.tryLock(LockByte.EXCLUSIVE, 1, 'exclusive');
  }
}

function createIfMissing(path: string, settings: Settings): boolean {
  const { mapping, environment, segmentShift } = settings;
  if (mapping.exists(path)) return false;
  checkMaxSize(settings.maxSize, 2 ** segmentShift);
  const key = new Int32Array(new Uint8Array(environment.random(8)).buffer);
  const superblock: Superblock = {
    segmentShift,
    mode: settings.cache ? L.MODE_CACHE : L.MODE_STORE,
    capacity: L.INITIAL_SEGMENTS,
    flush: 1,
    revision: 1,
    hashKey0: key[0],
    hashKey1: key[1],
    tableSum: 0,
    clean: false,
    cleanSum: 0,
    created: environment.now(),
    place0: 0,
    place1: 0,
  };
  const head = Buffer.alloc(L.HEAD_BYTES);
  const bytes = encodeSuperblock(superblock);
  for (const copy of L.SUPERBLOCK_COPIES) bytes.copy(head, L.SUPERBLOCK_SLOTS[superblock.revision % 2] + copy);
  return mapping.create(path, head, L.HEAD_BYTES + L.INITIAL_SEGMENTS * 2 ** segmentShift, settings.mode);
}

function openClaimed(file: MappedFile, settings: Settings, created: boolean): Engine {
  const { path } = file;
  const head = file.read(0, L.HEAD_BYTES);
  const superblock = readSuperblock(head, path);
  checkSuperblock(superblock, path);
  checkMode(superblock, settings, path);
  if (head.length < L.HEAD_BYTES) throw corrupt(path, `it is ${head.length} bytes long: it was cut off`);
  // Of an existing file the segment size is the file's own.
  checkMaxSize(settings.maxSize, 2 ** superblock.segmentShift);
  const control = new Int32Array(new Uint8Array(head.subarray(L.CONTROL_OFFSET, L.CONTROL_OFFSET + Control.WORDS * 4)).buffer);
  const whole = wholeCapacity(file, superblock, control);
  if (hasOthers(file)) {
    if (!whole) throw corrupt(path, 'it is open elsewhere, and not as long as it says');
    return join(build(file, settings, superblock, control[Control.CAPACITY]));
  }
  // After a clean close the mark vouches for the memory; after a death, the identity does.
  const intact = whole && control[Control.POISON] === 0 && (superblock.clean || hasIdentity(control, file.identity()));
  if (intact) {
    const engine = build(file, settings, superblock, control[Control.CAPACITY]);
    const recovery = takeOver(engine, settings);
    if (recovery !== undefined) {
      if (!settings.readOnly) engine.core.openers.join();
      return engine.started(recovery);
    }
    engine.core.space.release();
  }
  if (settings.readOnly) {
    const what = 'open it once for writing, so that it can be recovered, and then read-only';
    throw new StoreError('ERR_STORE_NEEDS_RECOVERY', `${path} was not closed cleanly: ${what}`, { path });
  }
  return recover(file, settings, superblock, created);
}

/** Whether it evicts is the file's, chosen when it is created: a store must not lose entries, and who writes to a cache must keep to a size. */
export function checkMode({ mode }: Superblock, { cache, readOnly }: Settings, path: string): void {
  if (readOnly || (mode === L.MODE_CACHE) === (cache !== undefined)) return;
  const why =
    mode === L.MODE_CACHE
      ? "a cache: open it with eviction: 's3-fifo' and its maxSize"
      : 'a store, which keeps everything: open it without eviction, or choose another path';
  throw new StoreError('ERR_STORE_MODE', `${path} is ${why}. Nothing was changed`, { path });
}

/** Others have the file open, so its memory is as it must be. */
function join(engine: Engine): Engine {
  const { core } = engine;
  if (core.readOnly) return engine.started('joined');
  core.openers.join();
  // Whoever had the slot before may have died holding a lock: then these take it over, and repair.
  if (core.flushLock.tryAcquire()) core.flushLock.release();
  core.lock.acquire();
  try {
    core.refresh();
    // Who wrote last may have died with this slot: this opener has nothing of that to flush, and must not be taken for it.
    if (core.control[Control.LAST_WRITER] === core.openers.token) core.control[Control.LAST_WRITER] = 0;
  } finally {
    core.lock.release();
  }
  return engine.started('joined');
}

/** Makes the store what the last completed flush wrote down. */
function recover(file: MappedFile, settings: Settings, superblock: Superblock, created: boolean): Engine {
  const { path } = file;
  if (!file.tryLock(LockByte.READERS, 1, 'exclusive')) {
    throw new StoreError('ERR_STORE_LOCKED', `${path} must be recovered, and is open read-only in another process or thread: close it there first`, { path });
  }
  mustBeWhole(file, superblock);
  const engine = build(file, settings, superblock, superblock.capacity);
  const { core } = engine;
  try {
    engine.recover(() => rebuild(core, () => engine.room.split(), settings.onRecovery));
    beginSession(core);
    // A clean mark that did not hold must not stand any longer. And the superblock that was read may be on no disk: a sync of it had failed, or this is a copy.
    markUnclean(core, engine.flusher);
    core.openers.join();
  } catch (error) {
    core.space.release();
    throw error;
  }
  if (!settings.exclusive) file.unlock(LockByte.READERS, 1);
  return engine.started(created ? 'created' : 'power-cut');
}

/** Whether the file has all the segments that the control block counts. */
function wholeCapacity(file: MappedFile, superblock: Superblock, control: Int32Array): boolean {
  const capacity = control[Control.CAPACITY];
  const bytes = L.HEAD_BYTES + capacity * 2 ** superblock.segmentShift;
  return capacity >= superblock.capacity && capacity * 2 ** superblock.segmentShift <= L.MAX_DATA_BYTES && file.size() >= bytes;
}

function build(file: MappedFile, settings: Settings, superblock: Superblock, capacity: number): Engine {
  const maxSegments = Math.floor((settings.maxSize - L.HEAD_BYTES) / 2 ** superblock.segmentShift);
  const space = new SegmentFile(file, superblock.segmentShift, capacity, maxSegments);
  const alone = settings.exclusive || file.kind === 'memory';
  return new Engine(new Core(space, { ...superblock }, settings.environment, settings.busyTimeout, alone), settings);
}

/** Goes on with the memory as it is; undefined if it can't be right. */
function takeOver(engine: Engine, settings: Settings): Recovery | undefined {
  const { core } = engine;
  const { superblock, space } = core;
  // In the boot that closed it, this very file's pages are as they were left; unless memory gave them up, and a failing disk gave back others.
  const isSame = hasIdentity(core.control, space.file.identity());
  if (superblock.clean && (settings.verifyReads || !isSame) && cleanSum(core) !== superblock.cleanSum) return undefined;
  // What was closed cleanly has nothing under way; and who only reads can't finish it.
  if ((superblock.clean || settings.readOnly) && core.control[Control.INTENT] !== Intent.NONE) return undefined;
  const durable = space.controlDoubles[Control.DURABLE_FLUSH >> 1];
  if (!(durable >= 1 && durable <= superblock.flush)) return undefined;
  if (durable !== superblock.flush) {
    if (settings.readOnly) return undefined;
    engine.flusher.countWritten();
  }
  if (!adopt(core)) return undefined;
  if (superblock.clean && !isSamePlace(core)) {
    // No flush has written down which records a cache has: a copy of one begins empty.
    if (core.isCache) return undefined;
    if (!isWholeCopy(core, settings.onRecovery)) return undefined;
    if (!settings.readOnly) {
      syncAll(core);
      markPlace(core, engine.flusher);
    }
  }
  if (settings.readOnly) return superblock.clean ? 'clean' : 'process-death';
  beginSession(core);
  // A clean file is changed by its first write only (markUnclean), so that it stays clean if there is none.
  if (superblock.clean) {
    core.control[Control.ESTABLISHED] = 0;
    return 'clean';
  }
  // Who took the mark away died before it was gone from the disk: nothing is changed until it is.
  if (core.control[Control.ESTABLISHED] === 0) markUnclean(core, engine.flusher);
  try {
    repairAll(core, engine.applier);
  } catch (error) {
    // What a process left is not damaged by its death; what can't be right here is, and the log decides.
    if (error instanceof StoreError && error.code === 'ERR_STORE_CORRUPT') return undefined;
    throw error;
  }
  return 'process-death';
}

/** A flush makes the file's length durable before it counts it: a shorter one was cut off, and what it says of its size is not believed. */
function mustBeWhole(file: MappedFile, superblock: Superblock): void {
  const size = file.size();
  const expected = L.HEAD_BYTES + superblock.capacity * 2 ** superblock.segmentShift;
  if (size < expected) throw corrupt(file.path, `it is ${size} bytes long and must be ${expected}: it was cut off`);
}
