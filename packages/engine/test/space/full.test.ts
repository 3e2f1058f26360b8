// A full store can always be emptied: no delete ever fails for want of space, in whatever order, however small the entries.

import { copyFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { codeOf, placeFor, SEED } from '../../../../test/support/stores.js';
import { HEAD_BYTES } from '../../src/layout.js';

describe('a store filled to the last segment', () => {
  const place = placeFor('memory');
  const cases: [string, number, number, (count: number) => number[]][] = [];
  for (const segments of [16, 40, 500]) {
    for (const bytes of [1, 40, 700]) {
      cases.push([
        `${segments} segments of entries of ${bytes} bytes, deleted in order`,
        segments,
        bytes,
        (count) => Array.from({ length: count }, (_, i) => i),
      ]);
      cases.push([`${segments} segments of entries of ${bytes} bytes, deleted in random order`, segments, bytes, shuffled]);
    }
  }

  test.each(cases)('%s', (_name, segments, bytes, order) => {
    const store = place.open({ segmentSize: 4096, maxSize: segments * 4096 });
    const fill = () => {
      let count = 0;
      expect(
        codeOf(() => {
          for (; ; count++) store.set(`k${count}`, 'x'.repeat(bytes));
        }),
      ).toBe('ERR_STORE_FULL');
      return count;
    };
    const count = fill();
    for (const i of order(count)) expect(store.delete(`k${i}`)).toBe(true);
    expect(store.size).toBe(0);
    expect(store.check()).toEqual([]);
    // About as much fits again: what has grown into the index stays there.
    const again = fill();
    expect(again).toBeGreaterThan(count * 0.85 - 60);
    // A batch needs its room at once, so a store that is full takes one of a segment at least.
    expect(store.deleteMany(Array.from({ length: Math.min(50, again) }, (_, i) => `k${i}`)).every(Boolean)).toBe(true);
  });

  test.each([16, 40, 500])('%i segments: overwrites with less work at once, one after the other, and make room for more', (segments) => {
    const store = place.open({ segmentSize: 4096, maxSize: segments * 4096 });
    const key = (i: number) => `k${i}`;
    let count = 0;
    const fill = () => {
      for (; ; count++) store.set(key(count), 'x'.repeat(300));
    };
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    // To the last byte of the open segment, so that the first of them needs a segment.
    expect(
      codeOf(() => {
        for (let i = 0; ; i++) store.set(`filler ${i}`, '');
      }),
    ).toBe('ERR_STORE_FULL');
    const first = count;
    for (const i of shuffled(first)) store.set(key(i), 'y'.repeat(i % 3 === 0 ? 280 : 5));
    for (let i = 0; i < first; i++) expect(store.get(key(i))).toBe('y'.repeat(i % 3 === 0 ? 280 : 5));
    expect(store.check()).toEqual([]);
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    expect(count).toBeGreaterThan(first * 1.4);
    // And it can still be emptied.
    for (const i of shuffled(count)) expect(store.delete(key(i))).toBe(true);
  });

  const churns = [16, 17, 20, 40].flatMap((segments) => [40, 100, 300, 900].map((bytes) => [segments, bytes] as const));
  test.each(churns)(
    '%i segments of values of %i bytes: what is deleted one by one, and filled again each time, can be deleted to the last',
    (segments, bytes) => {
      const store = place.open({ segmentSize: 4096, maxSize: HEAD_BYTES + segments * 4096 });
      let count = 0;
      const fill = (length: number) => {
        for (; ; count++) store.set(`k${count}`, 'x'.repeat(length));
      };
      expect(codeOf(() => fill(bytes))).toBe('ERR_STORE_FULL');
      for (let round = 0; round < 40; round++) {
        const [key] = store.keys();
        expect(store.delete(key)).toBe(true);
        expect(codeOf(() => fill(bytes))).toBe('ERR_STORE_FULL');
        expect(codeOf(() => fill(8))).toBe('ERR_STORE_FULL');
        // An expiry more takes space as well.
        expect(
          codeOf(() => {
            for (;;) for (const one of store.keys()) store.touch(one, { ttl: 1e9 + round });
          }),
        ).toBe('ERR_STORE_FULL');
      }
      for (const key of [...store.keys()]) expect(store.delete(key)).toBe(true);
      expect(store.size).toBe(0);
    },
  );

  test('a large value can be overwritten with a small one, and what its chain held is free', () => {
    const store = place.open({ segmentSize: 4096, maxSize: 40 * 4096 });
    store.set('large', 'x'.repeat(60_000));
    expect(
      codeOf(() => {
        for (let i = 0; ; i++) store.set(`k${i}`, 'x'.repeat(100));
      }),
    ).toBe('ERR_STORE_FULL');
    store.set('large', 'x'.repeat(500));
    const before = store.size;
    for (let i = 0; i < 100; i++) store.set(`more ${i}`, 'x'.repeat(300));
    expect(store.size).toBe(before + 100);
  });

  function shuffled(count: number): number[] {
    const next = random(SEED);
    const list = Array.from({ length: count }, (_, i) => i);
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }
});

// A copy of an open file opens as after a power cut. In a full store splits were left out, or the index got its last segments another way than a rebuild would take them.
describe('a full store after a power cut', () => {
  const place = placeFor('koffi');
  const cases = [19, 20, 40, 64].flatMap((segments) => [0, 3, 20, 60, 3000].flatMap((bytes) => [0, 600].map((first) => [segments, bytes, first])));

  test.each(cases)('opens, whole, and can be emptied: %i segments of values of %i bytes, in place of others of %i', (segments, bytes, first) => {
    const options = { segmentSize: 4096, maxSize: HEAD_BYTES + segments * 4096 };
    const store = place.open(options);
    const fill = (size: number) => {
      for (let i = 0; ; i++) store.set(`k${i}`, 'x'.repeat(size));
    };
    if (first > 0) expect(codeOf(() => fill(first))).toBe('ERR_STORE_FULL');
    expect(codeOf(() => fill(bytes))).toBe('ERR_STORE_FULL');
    store.flushSync();
    copyFileSync(place.path, `${place.path} copy`);
    const copy = place.open(options, `${place.path} copy`);
    expect([copy.stats().recovery, copy.size, copy.check()]).toEqual(['power-cut', store.size, []]);
    for (const key of [...copy.keys()]) expect(copy.delete(key)).toBe(true);
    expect(copy.size).toBe(0);
  });
});
