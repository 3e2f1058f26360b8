// Growth: by doubling, mapping only the new half, up to maxSize; then full, with nothing lost, and usable again as soon as something is deleted.

import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, fileKinds, kinds, placeFor } from '../../../../test/support/stores.js';
import { HEAD_BYTES } from '../../src/layout.js';

const SEGMENT = 4096;

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test('the file doubles, with one mapping more each time, and what was there stays readable', () => {
    const store = place.open({ segmentSize: SEGMENT });
    const sizes = new Set<number>();
    const expected = new Map<string, string>();
    for (let i = 0; i < 20_000; i++) {
      const key = `key ${i}`;
      store.set(key, `value ${i}`);
      expected.set(key, `value ${i}`);
      const { fileSize, growths, mappings } = i % 100 === 0 ? store.stats() : { fileSize: 0, growths: 0, mappings: 0 };
      if (fileSize === 0) continue;
      sizes.add((fileSize - HEAD_BYTES) / SEGMENT);
      expect(mappings).toBeLessThanOrEqual(growths + 1);
      expect(store.get(`key ${i >> 1}`)).toBe(`value ${i >> 1}`);
    }
    const segments = [...sizes];
    expect(segments.length).toBeGreaterThan(6);
    expect(segments).toEqual(segments.map((_, i) => segments[0] * 2 ** i));
    expect(contentsOf(store)).toEqual(expected);
    store.close();
    const again = place.open();
    expect(again.stats()).toMatchObject({ mappings: 1, growths: 0 });
    expect(contentsOf(again)).toEqual(expected);
  });

  test.each([0.52, 0.58, 0.65])('records of which no two fit in a segment, of %d of one, do not make it full before its time', (share) => {
    const store = place.open({ segmentSize: SEGMENT });
    const value = (i: number) => `${i} `.padEnd(SEGMENT * share, 'x');
    for (let i = 0; i < 200; i++) store.set(`key ${i}`, value(i));
    expect(store.stats().segments.log).toBeGreaterThanOrEqual(200);
    for (let i = 0; i < 200; i++) expect(store.get(`key ${i}`)).toBe(value(i));
    store.close();
  });

  test('the next half is prepared before it is needed, a part at a time', () => {
    const store = place.open({ segmentSize: 65536 });
    const allocated = () => (kind === 'memory' ? place.mapping.open(place.path, { readOnly: true }).size() : statSync(place.path).size);
    const steps: number[] = [];
    for (let i = 0, before = allocated(); i < 6000; i++) {
      store.set(`key ${i}`, 'x'.repeat(1000));
      steps.push(allocated() - before);
      before = allocated();
    }
    const { growths, fileSize } = store.stats();
    expect(growths).toBeGreaterThan(2);
    expect(Math.max(...steps)).toBeLessThan(fileSize / 4);
    for (let i = 0; i < 6000; i++) expect(store.get(`key ${i}`)).toBe('x'.repeat(1000));
  });

  test('at maxSize ERR_STORE_FULL: everything is readable, and deletes and overwrites make room', () => {
    const store = place.open({ segmentSize: SEGMENT, maxSize: 32 * SEGMENT });
    const expected = new Map<string, string>();
    const fill = () => {
      for (let i = 0; ; i++) {
        store.set(`key ${i}`, `${i} `.padEnd(300, 'x'));
        expected.set(`key ${i}`, `${i} `.padEnd(300, 'x'));
      }
    };
    expect(codeOf(fill)).toBe('ERR_STORE_FULL');
    expect(() => store.set('one more', 'x'.repeat(300))).toThrow(/maxSize of 28 segments of 4096 bytes.*delete entries/);
    const full = expected.size;
    expect(store.stats().fileSize).toBeLessThanOrEqual(32 * SEGMENT);
    expect(contentsOf(store)).toEqual(expected);
    // A delete and an overwrite with less need no growth, though they append.
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < full; i += 2) {
        expect(store.delete(`key ${i}`)).toBe(expected.delete(`key ${i}`));
      }
      for (let i = 1; i < full; i += 2) {
        store.set(`key ${i}`, `round ${round}`.padEnd(290, 'y'));
        expected.set(`key ${i}`, `round ${round}`.padEnd(290, 'y'));
      }
      expect(contentsOf(store)).toEqual(expected);
      expect(codeOf(fill)).toBe('ERR_STORE_FULL');
      expect(expected.size).toBeGreaterThan(full * 0.9);
      expect(store.check()).toEqual([]);
    }
    for (const key of expected.keys()) expect(store.delete(key)).toBe(true);
    expect(store.size).toBe(0);
    store.close();
    const again = place.open({ segmentSize: SEGMENT, maxSize: 32 * SEGMENT });
    expected.clear();
    expect(
      codeOf(() => {
        for (let i = 0; ; i++) again.set(`key ${i}`, 'x'.repeat(300));
      }),
    ).toBe('ERR_STORE_FULL');
    expect(again.size).toBeGreaterThan(full * 0.9);
  });

  test('a full store takes batches, touches and clears again after its oldest entries were deleted', () => {
    const store = place.open({ segmentSize: SEGMENT, maxSize: 24 * SEGMENT });
    let count = 0;
    expect(
      codeOf(() => {
        for (; ; count++) store.set(`key ${count}`, count % 50 === 0 ? 'c'.repeat(5000) : 'x'.repeat(100));
      }),
    ).toBe('ERR_STORE_FULL');
    const gone = Array.from({ length: count >> 1 }, (_, i) => `key ${i}`);
    expect(store.deleteMany(gone)).toEqual(gone.map(() => true));
    store.setMany(Array.from({ length: 20 }, (_, i) => ({ key: `new ${i}`, value: 'y'.repeat(100) })));
    expect(store.touch('new 3', { ttl: 50 })).toBe(true);
    expect(store.size).toBe(count - gone.length + 20);
    expect(store.clear()).toBe(count - gone.length + 20);
    store.set('after', 1);
    expect([...store.entries()]).toEqual([['after', 1]]);
  });
});

describe.each(fileKinds)('the file over %s', (kind) => {
  const place = placeFor(kind);

  test('is really allocated, and as long as the store says', () => {
    const store = place.open({ segmentSize: SEGMENT });
    for (let i = 0; i < 5000; i++) store.set(`key ${i}`, 'x'.repeat(100));
    const { size, blocks } = statSync(place.path);
    expect(size).toBeGreaterThanOrEqual(store.stats().fileSize); // the next half may be under way
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  });
});
