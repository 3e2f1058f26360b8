// Which segments are put in place ahead of the log: the one it opens, where that was not foreseen, and the one after.

import { describe, expect, test } from 'vitest';
import { placeFor } from '../../../../test/support/stores.js';
import { HEAD_BYTES } from '../../src/layout.js';
import type { MappedFile, Mapping } from '../../src/mapping/mapping.js';

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
  let calls = 0;

  /** Opens a store, and writes `count` values of a quarter of a segment; the segments that were asked for, in order. */
  function segmentsAsked(segmentSize: number, count: number): number[] {
    const asked: number[] = [];
    calls = 0;
    const real = place.mapping;
    (place as { mapping: Mapping }).mapping = watched(real, (from, to) => {
      for (let at = from; at < to; at += segmentSize) asked.push((at - HEAD_BYTES) / segmentSize);
      calls++;
      expect(to - from).toBeLessThanOrEqual(4 * 2 ** 20);
    });
    const store = place.open({ segmentSize });
    const value = 'x'.repeat(segmentSize / 4 - 100);
    for (let i = 0; i < count; i++) store.set(`key ${i}`, value);
    expect(store.check()).toEqual([]);
    (place as { mapping: Mapping }).mapping = real;
    return asked;
  }

  test('every segment of the log is asked for once, and several at a time when there are many', () => {
    const asked = segmentsAsked(256 * 1024, 200 * 4);
    expect(asked.every(Number.isInteger)).toBe(true);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeGreaterThanOrEqual(200);
    expect(calls).toBeLessThan(40);
  });

  test('small segments are not', () => {
    expect(segmentsAsked(64 * 1024, 400)).toEqual([]);
  });
});
