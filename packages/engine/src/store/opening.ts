// Opening a file: created if it is missing, locked, and recovered in the way its last end asks for.
// What is not a store, or is damaged or newer, gives an error and is left as it was.

import { StoreError } from '../errors.js';
import { SegmentFile } from '../file/segment-file.js';
import { checkSuperblock, corrupt, encodeSuperblock, readSuperblock, type Superblock } from '../file/superblock.js';
import * as L from '../layout.js';
import type { MappedFile } from '../mapping/mapping.js';
import { adopt } from '../upkeep/adopt.js';
import { rebuild } from '../upkeep/rebuild.js';
import { cleanSum, establish, isSameMemory, isSamePlace, markPlace, markUnclean, syncAll } from '../upkeep/session.js';
import { isWholeCopy } from '../upkeep/verify.js';
import { Core } from './core.js';
import { Engine } from './engine.js';
import { checkMaxSize, type Settings } from './options.js';

const { Control, Intent } = L;

/** How the file was found: new, closed cleanly, left by a process that died, or as at the last completed flush. */
export type Recovery = 'created' | 'clean' | 'process-death' | 'power-cut';

export function openEngine(path: string, settings: Settings): Engine {
  const created = !settings.readOnly && createIfMissing(path, settings);
  const file = settings.mapping.open(path, { readOnly: settings.readOnly });
  try {
    if (!file.tryLock(L.WRITER_LOCK.start, L.WRITER_LOCK.length, settings.readOnly ? 'shared' : 'exclusive')) {
      throw new StoreError('ERR_STORE_LOCKED', `${path} is open in another process or thread: close it there first`, { path });
    }
    return openLocked(file, settings, created);
  } catch (error) {
    file.close();
    throw error;
  }
}

function createIfMissing(path: string, settings: Settings): boolean {
  const { mapping, environment, segmentShift } = settings;
  if (mapping.exists(path)) return false;
  checkMaxSize(settings.maxSize, 2 ** segmentShift);
  const key = new Int32Array(new Uint8Array(environment.random(8)).buffer);
  const superblock: Superblock = {
    segmentShift,
    mode: L.MODE_STORE,
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

function openLocked(file: MappedFile, settings: Settings, created: boolean): Engine {
  const { path } = file;
  const head = file.read(0, L.HEAD_BYTES);
  const superblock = readSuperblock(head, path);
  checkSuperblock(superblock, path);
  if (head.length < L.HEAD_BYTES) throw corrupt(path, `it is ${head.length} bytes long: it was cut off`);
  // Of an existing file the segment size is the file's own.
  checkMaxSize(settings.maxSize, 2 ** superblock.segmentShift);
  const control = new Int32Array(new Uint8Array(head.subarray(L.CONTROL_OFFSET, L.CONTROL_OFFSET + Control.WORDS * 4)).buffer);
  const whole = wholeCapacity(file, superblock, control);
  // After a clean close the mark vouches for the memory; after a death, the identity does.
  const same = isSameMemory(control, file.identity());
  const intact = whole && control[Control.POISON] === 0 && (superblock.clean || same);
  if (intact) {
    const engine = build(file, settings, superblock, control[Control.CAPACITY]);
    const recovery = takeOver(engine, settings);
    if (recovery !== undefined) {
      if (same) engine.core.space.trustTail();
      return engine.started(recovery);
    }
    engine.core.space.release();
  }
  if (settings.readOnly) {
    const what = 'open it once for writing, so that it can be recovered, and then read-only';
    throw new StoreError('ERR_STORE_NEEDS_RECOVERY', `${path} was not closed cleanly: ${what}`, { path });
  }
  mustBeWhole(file, superblock);
  const engine = build(file, settings, superblock, superblock.capacity);
  try {
    engine.recover(() => rebuild(engine.core, settings.onRecovery));
    // A clean mark that did not hold must not stand any longer. And the superblock that was read may be on no disk: a sync of it had failed, or this is a copy.
    markUnclean(engine.core, engine.flusher);
  } catch (error) {
    engine.core.space.release();
    throw error;
  }
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
  return new Engine(new Core(space, { ...superblock }, settings.environment), settings);
}

/** Goes on with the memory as it is; undefined if it can't be right. */
function takeOver(engine: Engine, settings: Settings): Recovery | undefined {
  const { core } = engine;
  const { superblock, space } = core;
  if (superblock.clean && cleanSum(core) !== superblock.cleanSum) return undefined;
  if (settings.readOnly && core.control[Control.INTENT] !== Intent.NONE) return undefined;
  const durable = space.controlDoubles[Control.DURABLE_FLUSH >> 1];
  if (!(durable >= 1 && durable <= superblock.flush)) return undefined;
  if (durable !== superblock.flush) {
    if (settings.readOnly) return undefined;
    // The dead process had synced all of this flush but the superblock that says so.
    const [region] = [space.head];
    space.file.sync(region, 0, L.CONTROL_OFFSET);
    space.controlDoubles[Control.DURABLE_FLUSH >> 1] = superblock.flush;
  }
  if (!adopt(core, engine.applier)) return undefined;
  if (superblock.clean && !isSamePlace(core)) {
    if (!isWholeCopy(core, settings.onRecovery)) return undefined;
    if (!settings.readOnly) {
      syncAll(core);
      markPlace(core, engine.flusher);
    }
  }
  // A clean file is changed by its first write only (markUnclean), so that it stays clean if there is none.
  if (!settings.readOnly && !superblock.clean) establish(core);
  return superblock.clean ? 'clean' : 'process-death';
}

/** A flush makes the file's length durable before it counts it: a shorter one was cut off, and what it says of its size is not believed. */
function mustBeWhole(file: MappedFile, superblock: Superblock): void {
  const size = file.size();
  const expected = L.HEAD_BYTES + superblock.capacity * 2 ** superblock.segmentShift;
  if (size < expected) throw corrupt(file.path, `it is ${size} bytes long and must be ${expected}: it was cut off`);
}
