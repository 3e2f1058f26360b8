// A full store can always be emptied: no delete ever fails for want of space, in whatever order, however small the entries.

import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { codeOf, placeFor, SEED } from '../../../../test/support/stores.js';

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
