// A growth of more than one region's length (1 GiB) is mapped in several: all of them, or none.

import { expect, test } from 'vitest';
import { SegmentFile } from '../../src/file/segment-file.js';
import { Segments } from '../../src/file/segments.js';
import { Control, HEAD_BYTES, MAX_REGION_BYTES, MAX_SEGMENT_SHIFT, MIN_SEGMENT_SHIFT, SegmentKind } from '../../src/layout.js';
import type { MappedFile, Region } from '../../src/mapping/mapping.js';

/** Memory that is never touched costs nothing: the system gives a page when it is written to. */
class FakeFile {
  readonly path = 'fake';
  length = 0;
  /** Regions that can still be mapped. */
  left = Number.POSITIVE_INFINITY;
  readonly mapped: Region[] = [];

  size = () => this.length;
  allocate = (_from: number, to: number) => void (this.length = to);

  map(offset: number, length: number): Region {
    if (this.left-- <= 0) throw Object.assign(new Error('mmap: out of memory'), { code: 'ERR_STORE_IO' });
    const memory = new ArrayBuffer(length);
    const region = { offset, length, bytes: Buffer.from(memory), words: new Int32Array(memory), doubles: new Float64Array(memory) };
    this.mapped.push(region);
    return region;
  }

  unmap(region: Region): void {
    this.mapped.splice(this.mapped.indexOf(region), 1);
  }
}

test('a mapping that fails at the second of two regions leaves none, and the next growth makes both', () => {
  const fake = new FakeFile();
  const segments = 64;
  fake.length = HEAD_BYTES + segments * 2 ** MAX_SEGMENT_SHIFT;
  const file = new SegmentFile(fake as unknown as MappedFile, MAX_SEGMENT_SHIFT, segments, 1000);
  file.control[Control.CAPACITY] = segments;
  const before = [...fake.mapped];
  fake.left = 1;
  expect(() => file.grow()).toThrow('out of memory');
  expect([file.capacity, file.control[Control.CAPACITY], file.regionOf.length, file.mappings]).toEqual([segments, segments, segments, before.length]);
  expect(fake.mapped).toEqual(before);
  fake.left = 2;
  expect(file.grow()).toBe(true);
  expect([file.capacity, file.control[Control.CAPACITY], file.regionOf.length]).toEqual([128, 128, 128]);
  for (let segment = 0; segment < 128; segment++) {
    const { offset, length } = file.regionOf[segment];
    expect(offset + file.wordBase[segment] * 4).toBe(HEAD_BYTES + segment * 2 ** MAX_SEGMENT_SHIFT);
    expect(file.wordBase[segment] * 4 + 2 ** MAX_SEGMENT_SHIFT).toBeLessThanOrEqual(length);
    expect(length).toBeLessThanOrEqual(MAX_REGION_BYTES);
  }
});

test('the smallest segments double to more than a function call can take arguments, and the lowest are handed out first', () => {
  const fake = new FakeFile();
  const segments = 16;
  fake.length = HEAD_BYTES + segments * 2 ** MIN_SEGMENT_SHIFT;
  const file = new SegmentFile(fake as unknown as MappedFile, MIN_SEGMENT_SHIFT, segments, 2 ** 19);
  file.control[Control.CAPACITY] = segments;
  const free = new Segments(file);
  for (let before = segments; file.grow(); before = file.capacity) free.addGrown(before, file.capacity);
  let grown = 0;
  for (let segment = segments; segment < file.capacity; segment++) if (!file.isTable(segment)) grown++;
  expect([file.capacity, free.free]).toEqual([2 ** 19, grown]);
  expect(free.take(SegmentKind.LOG, 0, 1)).toBe(segments);
});
