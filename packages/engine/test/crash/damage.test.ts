// Files that are something else, or damaged where it costs nothing; what can't be opened is left as it was. Each byte and each length: rows 8 and 9 of the scorecard.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { differenceOf, FILE_BYTES, makeImages, openImage as openSmall } from '../../../../test/scorecard/small-store.js';
import { ImageMapping } from '../../../../test/support/image-mapping.js';
import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { StoreError } from '../../src/errors.js';
import { xxh32 } from '../../src/file/checksum.js';
import { openStore } from '../../src/index.js';
import { CONTROL_OFFSET, ENTRY_WORDS, FORMAT_VERSION, HEAD_BYTES, SegmentKind, SUPERBLOCK_COPIES, SUPERBLOCK_SLOTS, Super } from '../../src/layout.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

const SEED = Number(process.env.MAPSTONE_SEED ?? 1);
const MAX = 1 << 18;

const values = new Map<string, unknown>();
for (let i = 0; i < 120; i++) values.set(`key ${i}`, i % 3 === 0 ? { i, text: 'structured' } : `value ${i} `.repeat(1 + (i % 9)));

let count = 0;
function openImage(image: Buffer, verifyReads: boolean): Store {
  const disk = new SimulatedDisk(MAX, random(SEED), image);
  const environment = { now: () => 1, random: () => new Uint8Array(8) };
  return openStoreIn(`/image/${count++}`, { segmentSize: 4096, maxSize: 1 << 17, flush: 'manual', verifyReads }, environment, disk);
}

function closedImage(): Buffer {
  const disk = new SimulatedDisk(MAX, random(SEED));
  const store = openStoreIn(
    '/image/first',
    { segmentSize: 4096, maxSize: 1 << 17, flush: 'manual' },
    { now: () => 1, random: () => new Uint8Array(8).fill(7) },
    disk,
  );
  for (const [key, value] of values) store.set(key, value);
  for (let i = 0; i < 20; i++) store.set(`gone ${i}`, 'x'.repeat(60));
  for (let i = 0; i < 20; i++) store.delete(`gone ${i}`);
  store.close();
  return disk.contents;
}

/** Opens an image and reads everything: 'ok', 'error' for errors with the code of damage, or what is wrong. */
function outcome(image: Buffer, verifyReads: boolean): string {
  let store: Store | undefined;
  try {
    store = openImage(image, verifyReads);
    for (const [key, value] of values) {
      const found = store.get(key);
      if (JSON.stringify(found) !== JSON.stringify(value)) return `${key} is ${JSON.stringify(found)}`;
    }
    for (let i = 0; i < 20; i++) if (store.has(`gone ${i}`)) return `gone ${i} came back`;
    return 'ok';
  } catch (error) {
    return error instanceof StoreError && /CORRUPT|VERSION|NOT_A_STORE/.test(error.code) ? 'error' : `${error}`;
  } finally {
    store?.close();
  }
}

describe('damage that costs nothing', () => {
  const image = closedImage();
  test.each([0, 1])('one superblock slot, or one copy of each, may be lost (%i)', (which) => {
    const damaged = Buffer.from(image);
    for (const slot of SUPERBLOCK_SLOTS) damaged.fill(0xee, slot + SUPERBLOCK_COPIES[which], slot + SUPERBLOCK_COPIES[which] + 512);
    expect(outcome(damaged, true)).toBe('ok');
  });

  test('in the index or the control block costs nothing: they are rebuilt from the log', () => {
    const damaged = Buffer.from(image);
    damaged.fill(0xaa, CONTROL_OFFSET, CONTROL_OFFSET + 64);
    const store = openImage(damaged, true);
    expect(store.stats().recovery).toBe('power-cut');
    expect(store.size).toBe(values.size);
    expect(store.check()).toEqual([]);
    store.close();
  });
});

test('a damaged index of a file that this boot closed: check() finds it, and verifyReads when it opens', () => {
  const { closed } = makeImages(SEED);
  const mapping = new ImageMapping(FILE_BYTES);
  mapping.identity = closed.identity;
  mapping.place = closed.place;
  const words = new Int32Array(new Uint8Array(closed.bytes).buffer);
  const kindOf = (segment: number) => words[(HEAD_BYTES >> 2) + segment * ENTRY_WORDS];
  const index = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].find((segment) => kindOf(segment) === SegmentKind.INDEX) as number;
  const start = (HEAD_BYTES + index * 4096) >> 2;
  const slot = words.findIndex((word, at) => at > start && word !== 0 && (at - start) % 16 >= 2 && at % 2 === 1);
  words[slot] = 0;
  const open = (verifyReads: boolean) => openSmall(mapping.load(Buffer.from(words.buffer)), verifyReads);
  let store = open(false);
  expect([store.stats().recovery, store.check().map(({ invariant }) => invariant)]).toEqual(['clean', expect.arrayContaining(['I5', 'I6'])]);
  store.close();
  store = open(true);
  expect([store.stats().recovery, store.check()]).toEqual(['power-cut', []]);
  expect(differenceOf(store, closed.state)).toBeUndefined();
  store.close();
});

describe('a file that can not be opened is left as it was', () => {
  let directory = '';
  let path = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
    path = join(directory, 'store');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function madeStore(): Buffer {
    const store = openStore(path, { segmentSize: 4096 });
    for (let i = 0; i < 500; i++) store.set(`key ${i}`, 'x'.repeat(100));
    store.close();
    return readFileSync(path);
  }

  function refused(code: string): void {
    const before = existsSync(path) ? readFileSync(path) : undefined;
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code }));
    if (before !== undefined) expect(readFileSync(path).equals(before)).toBe(true);
  }

  test('text', () => {
    writeFileSync(path, 'this is a text of somebody, and not a store\n'.repeat(1000));
    refused('ERR_STORE_NOT_A_STORE');
  });

  test('an empty file', () => {
    writeFileSync(path, '');
    refused('ERR_STORE_NOT_A_STORE');
  });

  test('a directory', () => {
    mkdirSync(path);
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: expect.stringMatching(/ERR_STORE_(NOT_A_STORE|IO)/) }));
  });

  test('a store of a newer version', () => {
    const bytes = madeStore();
    for (const slot of SUPERBLOCK_SLOTS) for (const copy of SUPERBLOCK_COPIES) bytes.writeInt32LE(FORMAT_VERSION + 1, slot + copy + Super.VERSION * 4);
    writeFileSync(path, bytes);
    refused('ERR_STORE_VERSION');
  });

  describe.each([
    ['version', Super.VERSION, FORMAT_VERSION + 1, true],
    ['version, whose checksum lies elsewhere', Super.VERSION, FORMAT_VERSION + 1, false],
    ['feature', Super.FEATURES, 1, true],
    ['mode', Super.MODE, 7, true],
  ])('a store of another %s', (_what, field, value, sums) => {
    test.each(SUPERBLOCK_SLOTS)('that has written the slot at %s, and not yet the other one', (slot) => {
      const bytes = madeStore();
      for (const copy of SUPERBLOCK_COPIES) {
        const words = new Int32Array(bytes.buffer, bytes.byteOffset + slot + copy, Super.WORDS);
        words[field] = value;
        if (sums) words[Super.CHECKSUM] = xxh32(words, 1, Super.WORDS, 0);
      }
      writeFileSync(path, bytes);
      refused('ERR_STORE_VERSION');
    });
  });

  test('but not one of this version with one copy of its superblock damaged', () => {
    const bytes = madeStore();
    for (const start of SUPERBLOCK_SLOTS.flatMap((slot) => SUPERBLOCK_COPIES.map((copy) => slot + copy))) {
      const damaged = Buffer.from(bytes);
      damaged.writeInt32LE(FORMAT_VERSION + 1, start + Super.VERSION * 4);
      writeFileSync(path, damaged);
      const store = openStore(path, { readOnly: true });
      expect(store.size).toBe(500);
      store.close();
    }
  });

  test('a store whose superblocks are garbled behind the magic', () => {
    const bytes = madeStore();
    for (const slot of SUPERBLOCK_SLOTS)
      for (const copy of SUPERBLOCK_COPIES) bytes.fill(0x5a, slot + copy + Super.CAPACITY * 4, slot + copy + Super.WORDS * 4);
    writeFileSync(path, bytes);
    refused('ERR_STORE_CORRUPT');
  });

  test('a store that was cut off in the middle of its data', () => {
    madeStore();
    truncateSync(path, HEAD_BYTES + 4096 * 6);
    refused('ERR_STORE_CORRUPT');
  });
});
