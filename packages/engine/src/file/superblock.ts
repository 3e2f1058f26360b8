// The root of the file: two slots that are written in turn, so that one of them is whole at any moment.
// Not here: the state of the segments, which the table holds, and what the running processes share, which the control block holds.

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import { xxh32 } from './checksum.js';

const { Super } = L;

/** What a superblock says. Sizes are in segments of `2 ** segmentShift` bytes. */
export interface Superblock {
  segmentShift: number;
  mode: number;
  capacity: number;
  flush: number;
  revision: number;
  hashKey0: number;
  hashKey1: number;
  tableSum: number;
  clean: boolean;
  cleanSum: number;
  created: number;
  /** Hash of the file it was closed as, in two words. */
  place0: number;
  place1: number;
}

export function encodeSuperblock(block: Superblock): Buffer {
  const words = new Int32Array(Super.WORDS);
  const doubles = new Float64Array(words.buffer);
  words[Super.MAGIC_LOW] = L.MAGIC_LOW;
  words[Super.MAGIC_HIGH] = L.MAGIC_HIGH;
  words[Super.VERSION] = L.FORMAT_VERSION;
  words[Super.SEGMENT_SHIFT] = block.segmentShift;
  words[Super.MODE] = block.mode;
  words[Super.CAPACITY] = block.capacity;
  doubles[Super.FLUSH >> 1] = block.flush;
  doubles[Super.REVISION >> 1] = block.revision;
  words[Super.HASH_KEY_0] = block.hashKey0;
  words[Super.HASH_KEY_1] = block.hashKey1;
  words[Super.TABLE_SUM] = block.tableSum;
  words[Super.CLEAN] = block.clean ? 1 : 0;
  words[Super.CLEAN_SUM] = block.cleanSum;
  doubles[Super.CREATED >> 1] = block.created;
  words[Super.PLACE] = block.place0;
  words[Super.PLACE + 1] = block.place1;
  words[Super.CHECKSUM] = xxh32(words, 1, Super.WORDS, 0);
  return Buffer.from(words.buffer);
}

/** The byte offset of the slot that revision `revision` is written to. */
export function slotOffset(revision: number): number {
  return L.SUPERBLOCK_SLOTS[revision % 2];
}

const KNOWN_MODES = new Set<number>([L.MODE_STORE, L.MODE_CACHE]);

/** A copy of the superblock in the head of a file, by its magic. */
interface Copy {
  words: Int32Array;
  isWhole: boolean;
  /** Of this version, with no feature and of no mode that it does not know. */
  isKnown: boolean;
}

function copiesIn(head: Buffer): Copy[] {
  const copies: Copy[] = [];
  for (const start of L.SUPERBLOCK_SLOTS.flatMap((slot) => L.SUPERBLOCK_COPIES.map((copy) => slot + copy))) {
    if (start + Super.WORDS * 4 > head.length) continue;
    // Words of its own: the head may be a view that is not aligned.
    const words = new Int32Array(new Uint8Array(head.subarray(start, start + Super.WORDS * 4)).buffer);
    if (words[Super.MAGIC_LOW] !== L.MAGIC_LOW || words[Super.MAGIC_HIGH] !== L.MAGIC_HIGH) continue;
    const isWhole = words[Super.CHECKSUM] === xxh32(words, 1, Super.WORDS, 0);
    const isKnown = words[Super.VERSION] === L.FORMAT_VERSION && words[Super.FEATURES] === 0 && KNOWN_MODES.has(words[Super.MODE]);
    copies.push({ words, isWhole, isKnown });
  }
  return copies;
}

/**
 * Whether the head is that of a store of another version, or with features or a mode that this one does not know, rather than damaged: one copy of its superblock says so
 * and is whole, or, since another version may keep its checksum elsewhere, two say the same. What another slot still says of this version is from before it.
 */
export function isOfAnotherVersion(head: Buffer): boolean {
  const copies = copiesIn(head);
  const later = copies.map(({ words }) => words[Super.VERSION]).filter((version) => version > L.FORMAT_VERSION);
  return copies.some(({ isWhole, isKnown }) => isWhole && !isKnown) || new Set(later).size < later.length;
}

/**
 * The newest whole superblock in the head of a file.
 * Throws `ERR_STORE_NOT_A_STORE`, `ERR_STORE_VERSION` or `ERR_STORE_CORRUPT`, and has changed nothing.
 */
export function readSuperblock(head: Buffer, path: string): Superblock {
  const copies = copiesIn(head);
  let newest: Superblock | undefined;
  for (const { words, isWhole, isKnown } of copies) {
    if (!isWhole || !isKnown) continue;
    const block = decode(words);
    if (newest === undefined || block.revision > newest.revision) newest = block;
  }
  if (newest !== undefined && !isOfAnotherVersion(head)) return newest;
  const other = copies.find(({ words, isWhole, isKnown }) => words[Super.VERSION] !== L.FORMAT_VERSION || (isWhole && !isKnown));
  if (other !== undefined) {
    const version = other.words[Super.VERSION];
    const what = version === L.FORMAT_VERSION ? 'uses features this version does not know' : `has format version ${version}`;
    throw new StoreError('ERR_STORE_VERSION', `${path} ${what}; this is version ${L.FORMAT_VERSION}: open it with the version of Mapstone that wrote it`, {
      path,
    });
  }
  if (copies.length > 0) throw corrupt(path, 'no superblock in it is whole');
  throw new StoreError('ERR_STORE_NOT_A_STORE', `${path} is not a Mapstone store: choose another path; nothing was changed`, { path });
}

function decode(words: Int32Array): Superblock {
  const doubles = new Float64Array(words.buffer);
  return {
    segmentShift: words[Super.SEGMENT_SHIFT],
    mode: words[Super.MODE],
    capacity: words[Super.CAPACITY],
    flush: doubles[Super.FLUSH >> 1],
    revision: doubles[Super.REVISION >> 1],
    hashKey0: words[Super.HASH_KEY_0],
    hashKey1: words[Super.HASH_KEY_1],
    tableSum: words[Super.TABLE_SUM],
    clean: words[Super.CLEAN] === 1,
    cleanSum: words[Super.CLEAN_SUM],
    created: doubles[Super.CREATED >> 1],
    place0: words[Super.PLACE],
    place1: words[Super.PLACE + 1],
  };
}

/** Refuses a superblock whose numbers can't be: it has a right checksum, so this is a hostile or foreign file. */
export function checkSuperblock(block: Superblock, path: string): void {
  const { segmentShift, capacity, flush, revision } = block;
  const sane =
    segmentShift >= L.MIN_SEGMENT_SHIFT &&
    segmentShift <= L.MAX_SEGMENT_SHIFT &&
    capacity >= 1 &&
    capacity * 2 ** segmentShift <= L.MAX_DATA_BYTES &&
    Number.isSafeInteger(flush) &&
    flush >= 1 &&
    Number.isSafeInteger(revision) &&
    revision >= 1;
  if (!sane) throw corrupt(path, 'its superblock holds impossible numbers');
}

export function corrupt(path: string, why: string): StoreError {
  return new StoreError('ERR_STORE_CORRUPT', `${path} is damaged: ${why}. Restore a backup; nothing was changed`, { path });
}
