// Which segments are put in place ahead of the log: the one it opens, where that was not foreseen, and the one after.

import { describe, expect, test } from 'vitest';
import { placeFor } from '../../../../test/support/stores.js';
import { SegmentFile } from '../../src/file/segment-file.js';
import { HEAD_BYTES } from '../../src/layout.js';
import type { MappedFile, Mapping } from '../../src/mapping/mapping.js';
import type { StoreOptions } from '../../src/store/options.js';

/** `mapping`, telling what is asked of its files. */
function watched(mapping: Mapping, prefaulted: (from: number, to: number) => void): Mapping {
  const open: Mapping['open'] = (path, options) => {
    const file = mapping.open(path, options);
    return new Proxy(file, {
      get(target, name: keyof MappedFile) {
        if (name === 'prefault') return async ({ offset }: { offset: number }, from: number, to: number) => prefaulted(offset + from, offset + to);
        const found = target[name];
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  };
  return new Proxy(mapping, { get: (target, name) => (name === 'open' ? open : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name))) });
}

describe('prefaulting', () => {
  const place = placeFor('memory');

  /** Opens a store, and writes `count` values of a quarter of a segment; the segments that were asked for, call by call. */
  function segmentsAsked(segmentSize: number, count: number, options: StoreOptions = {}): number[][] {
    const asked: number[][] = [];
    const real = place.mapping;
    (place as { mapping: Mapping }).mapping = watched(real, (from, to) => {
      asked.push(Array.from({ length: (to - from) / segmentSize }, (_, i) => (from - HEAD_BYTES) / segmentSize + i));
    });
    const store = place.open({ segmentSize, ...options });
    const value = 'x'.repeat(segmentSize / 4 - 100);
    for (let i = 0; i < count; i++) store.set(`key ${i}`, value);
    expect(store.check()).toEqual([]);
    (place as { mapping: Mapping }).mapping = real;
    return asked;
  }

  test('every segment of the log is asked for once, and several at a time when there are many', () => {
    const calls = segmentsAsked(256 * 1024, 200 * 4);
    const asked = calls.flat();
    expect(asked).toEqual(asked.map((_, i) => asked[0] + i));
    expect(asked.length).toBeGreaterThanOrEqual(200);
    expect(calls.length).toBeLessThan(40);
    expect(Math.max(...calls.map((segments) => segments.length))).toBe(16);
  });

  test('in a cache that is full, where the next is one just freed, those that wait are not asked for again each time', () => {
    const cache: StoreOptions = { eviction: 's3-fifo', maxSize: 16 * 2 ** 20 };
    const opened = 400;
    expect(segmentsAsked(256 * 1024, opened * 4, cache).flat().length).toBeLessThan(opened * 1.3);
  });

  test('those of a run that lie in another region are asked for there', () => {
    const asked: number[][] = [];
    place.mapping.create(place.path, new Uint8Array(0), HEAD_BYTES + 4 * 2 ** 18);
    const file = watched(place.mapping, (from, to) => asked.push([from, to])).open(place.path, { readOnly: false });
    const space = new SegmentFile(file, 18, 4, 64);
    space.grow();
    space.prefault(2, 5);
    expect(asked).toEqual([
      [space.bytesFor(2), space.bytesFor(4)],
      [space.bytesFor(4), space.bytesFor(7)],
    ]);
    space.close();
  });

  test('small segments are not', () => {
    expect(segmentsAsked(64 * 1024, 400)).toEqual([]);
  });
});
