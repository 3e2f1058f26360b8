// Values larger than a segment lie in chains of whole segments: read back whole, freed with their record, never moved.

import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { codeOf, kinds, placeFor } from '../../../../test/support/stores.js';

const SEGMENT = 4096;

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);
  const chains = (store: ReturnType<typeof place.open>) => store.stats().segments.chain;

  test.each([
    ['a little over a segment', SEGMENT + 1],
    ['two segments', 2 * SEGMENT],
    ['a little over two', 2 * SEGMENT + 1],
    ['a hundred and a half', 100.5 * SEGMENT],
  ])('%s: as string, bytes and object, also after reopening', (_name, length) => {
    const bytes = randomBytes(length);
    const values: Record<string, unknown> = {
      latin1: bytes.toString('latin1'),
      wide: '€'.repeat(length / 3),
      bytes,
      object: { list: Array.from({ length: length / 20 }, (_, i) => `item number ${i}`) },
    };
    const store = place.open({ segmentSize: SEGMENT });
    for (const key of Object.keys(values)) store.set(key, values[key]);
    for (const key of Object.keys(values)) expect(isDeepStrictEqual(store.get(key), values[key]), key).toBe(true);
    expect(chains(store)).toBeGreaterThan(3);
    store.close();
    const again = place.open();
    for (const key of Object.keys(values)) expect(isDeepStrictEqual(again.get(key), values[key]), key).toBe(true);
  });

  test('64 MiB in one value', { timeout: 60_000 }, () => {
    const store = place.open();
    const bytes = Buffer.alloc(64 << 20, 'mapstone ');
    store.set('large', bytes);
    expect(bytes.equals(store.get('large') as Buffer)).toBe(true);
    expect(chains(store)).toBe(64);
    store.set('large', 'small');
    expect(chains(store)).toBe(0);
  });

  test('their segments are freed when they are overwritten, deleted, cleared, or have expired and are cleaned', () => {
    const store = place.open({ segmentSize: SEGMENT });
    const value = 'c'.repeat(10 * SEGMENT);
    store.set('a', value);
    expect(chains(store)).toBe(10);
    store.set('a', `${value}more`);
    expect(chains(store)).toBe(11);
    store.set('a', 'small');
    expect(chains(store)).toBe(0);
    store.set('a', value);
    store.delete('a');
    expect(chains(store)).toBe(0);
    store.setMany([
      { key: 'a', value },
      { key: 'b', value },
    ]);
    expect(chains(store)).toBe(20);
    store.clear();
    expect(chains(store)).toBe(0);
    store.set('a', value, { ttl: 10 });
    place.now += 10;
    expect(store.get('a')).toBeUndefined();
    store.compact();
    expect([chains(store), store.size]).toEqual([0, 0]);
  });

  test('cleaning moves their records and not their bytes', () => {
    const store = place.open({ segmentSize: SEGMENT });
    const value = 'c'.repeat(5 * SEGMENT);
    store.set('kept', value, { ttl: 1e6 });
    for (let i = 0; i < 3000; i++) store.set(`key ${i % 40}`, 'x'.repeat(100));
    store.touch('kept', { ttl: 2e6 });
    store.compact();
    const { movedRecords, cleanedSegments, segments } = store.stats();
    expect([movedRecords > 0, cleanedSegments > 0, segments.chain]).toEqual([true, true, 5]);
    expect(store.getEntry('kept')).toEqual({ value, expiresAt: place.now + 2e6, flag: false });
    store.close();
    expect(place.open().get('kept')).toBe(value);
  });

  test('written over and over they do not make the file grow', () => {
    const store = place.open({ segmentSize: SEGMENT });
    for (let i = 0; i < 300; i++) store.set(`key ${i % 3}`, String(i % 10).repeat((1 + (i % 12)) * SEGMENT));
    expect(store.stats().fileSize).toBeLessThan(300 * SEGMENT);
    for (let i = 297; i < 300; i++) expect(store.get(`key ${i % 3}`)).toBe(String(i % 10).repeat((1 + (i % 12)) * SEGMENT));
  });

  test('that do not fit leave the store as it was, and it takes the next one that does', () => {
    const store = place.open({ segmentSize: SEGMENT, maxSize: 40 * SEGMENT });
    store.set('a', 'a'.repeat(15 * SEGMENT));
    expect(codeOf(() => store.set('b', 'b'.repeat(20 * SEGMENT)))).toBe('ERR_STORE_FULL');
    expect(codeOf(() => store.set('a', 'c'.repeat(20 * SEGMENT)))).toBe('ERR_STORE_FULL');
    expect([store.get('a'), store.has('b'), chains(store)]).toEqual(['a'.repeat(15 * SEGMENT), false, 15]);
    store.set('b', 'b'.repeat(10 * SEGMENT));
    store.delete('a');
    store.set('b', 'd'.repeat(18 * SEGMENT));
    expect(store.get('b')).toBe('d'.repeat(18 * SEGMENT));
  });
});
