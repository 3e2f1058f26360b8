// What fits a segment to the last byte, and what does not: a record never reaches past its segment's end.

import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, placeFor } from '../../../../test/support/stores.js';

const SEGMENT = 4096;
const HEADER = 24;
const KEY = 'k'; // takes a word

describe('a record and its segment', () => {
  const place = placeFor('memory');
  const tiny = { segmentSize: SEGMENT, maxSize: 64 * SEGMENT } as const;

  test('values of every length around a segment come back, also given an expiry later', () => {
    const store = place.open(tiny);
    for (let length = SEGMENT - HEADER - 40; length < SEGMENT + 8; length++) {
      const value = 'x'.repeat(length);
      store.set(KEY, value);
      store.set('other', length);
      expect(store.touch(KEY, { ttl: 1000 })).toBe(true);
      expect([store.get(KEY), store.get('other')], `${length} bytes`).toEqual([value, length]);
      expect(store.touch(KEY, { ttl: Number.POSITIVE_INFINITY })).toBe(true);
      expect([store.get(KEY), store.expiresAt(KEY)]).toEqual([value, Number.POSITIVE_INFINITY]);
      expect(store.check(), `${length} bytes`).toEqual([]);
    }
  });

  test('keys up to the segment less 48 bytes are taken with any value, longer ones refused before anything is written', () => {
    const store = place.open(tiny);
    store.set('other', 'x'.repeat(2000));
    const longest = 'k'.repeat(SEGMENT - 48);
    for (const value of ['', 'xyz', 'x'.repeat(100), 'x'.repeat(10_000), 7]) {
      store.set(longest, value);
      expect(store.get(longest)).toBe(value);
      store.touch(longest, { ttl: 1000 });
      expect(store.get(longest)).toBe(value);
    }
    for (const value of ['x'.repeat(100), 'x'.repeat(10_000)]) {
      const before = contentsOf(store);
      expect(codeOf(() => store.set('k'.repeat(SEGMENT - 47), value))).toBe('ERR_KEY_INVALID');
      expect(
        codeOf(() =>
          store.setMany([
            { key: 'a', value: 'x'.repeat(9000) },
            { key: 'k'.repeat(65_535), value },
          ]),
        ),
      ).toBe('ERR_KEY_INVALID');
      expect(store.has('k'.repeat(65_535))).toBe(false);
      expect(store.delete('k'.repeat(65_535))).toBe(false);
      expect(contentsOf(store)).toEqual(before);
      expect(store.check()).toEqual([]);
    }
  });

  test('a value over what maxSize can ever hold is refused at once, without growing the file', () => {
    const store = place.open(tiny);
    const { fileSize } = store.stats();
    expect(() => store.set('k', 'x'.repeat(62 * SEGMENT))).toThrow(RangeError);
    expect(() => store.set('k', 'x'.repeat(62 * SEGMENT))).toThrow(/: split it, or open with a larger maxSize$/);
    expect(codeOf(() => store.set('k', 'x'.repeat(62 * SEGMENT)))).toBe('ERR_VALUE_TOO_LARGE');
    expect(store.stats().fileSize).toBe(fileSize);
    // And the largest that it says could be held is held by an empty store.
    const segments = Math.floor((tiny.maxSize - 16384) / SEGMENT);
    const most = (segments - Math.ceil(segments / 32) - 5) * SEGMENT;
    expect(codeOf(() => store.set('k', 'x'.repeat(most + 1)))).toBe('ERR_VALUE_TOO_LARGE');
    store.set('k', 'x'.repeat(most));
    expect(store.get('k')).toBe('x'.repeat(most));
    expect(store.delete('k')).toBe(true);
    store.set('k', 'y'.repeat(most));
    expect(store.get('k')).toBe('y'.repeat(most));
  });

  test('nor does a batch that maxSize can never hold grow the file; one value of it that is too large is named', () => {
    const store = place.open(tiny);
    const { fileSize } = store.stats();
    const batch = (bytes: number) => () => store.setMany(Array.from({ length: 64 }, (_, i) => ({ key: `${i}`, value: 'x'.repeat(bytes) })));
    expect([codeOf(batch(3000)), codeOf(batch(2 * SEGMENT)), codeOf(batch(62 * SEGMENT))]).toEqual(['ERR_STORE_FULL', 'ERR_STORE_FULL', 'ERR_VALUE_TOO_LARGE']);
    expect([store.stats().fileSize, store.size]).toEqual([fileSize, 0]);
  });

  test('cleaning for the index does not let a record run over the end of the log', () => {
    // Almost full, with much that is dead: splits must clean to get their segment, and cleaning fills the open log segment.
    for (let size = 40; size < 400; size += 7) {
      const store = place.open({ segmentSize: SEGMENT, maxSize: 24 * SEGMENT }, `${place.path}-${size}`);
      const kept = new Map<string, string>();
      try {
        for (let i = 0; i < 6000; i++) {
          const key = `key ${i}`;
          store.set(key, 'v'.repeat(size));
          kept.set(key, 'v'.repeat(size));
          if (i % 3 !== 0) continue;
          for (const old of [`key ${i >> 1}`, `key ${i - 1}`]) {
            store.delete(old);
            kept.delete(old);
          }
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_STORE_FULL' });
      }
      expect(store.check(), `values of ${size}`).toEqual([]);
      expect(contentsOf(store)).toEqual(kept);
      store.close();
    }
  });
});
