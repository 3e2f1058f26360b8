// What a cache once did wrong at its limits.

import { describe, expect, test } from 'vitest';
import { kinds, placeFor } from '../../../../test/support/stores.js';
import type { StoreOptions } from '../../src/index.js';
import { Entry, HEAD_BYTES, SegmentKind } from '../../src/layout.js';

const cacheOf = (segments: number): StoreOptions => ({ eviction: 's3-fifo', segmentSize: 4096, maxSize: HEAD_BYTES + segments * 4096 });

describe.each(kinds)('a cache over %s', (kind) => {
  const place = placeFor(kind);

  test('that was closed cleanly and is only read stays as it was closed, to the bit', () => {
    place.open(cacheOf(64)).close();
    const first = place.open(cacheOf(64));
    first.set('key', { value: 1 });
    first.close();
    for (let i = 0; i < 3; i++) {
      const again = place.open({ ...cacheOf(64), verifyReads: true, objectCache: { maxEntries: 10 } });
      expect(again.stats().recovery).toBe('clean');
      for (let reads = 0; reads < 3; reads++) expect([again.get('key'), again.getEntry('key')?.value]).toEqual([{ value: 1 }, { value: 1 }]);
      again.close();
    }
  });

  test('takes a value of almost all its size after so many tiny entries that the index fills a part of it', () => {
    const cache = place.open(cacheOf(24));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4000; i++) cache.set(`${i}`, 1);
      const large = `${round}`.repeat(16 * 4096);
      cache.set('large', large);
      expect(cache.get('large')).toBe(large);
      expect(cache.check()).toEqual([]);
    }
  });

  test('keeps to maxEntries with batches too, and a batch over keys that are there evicts nothing', () => {
    const cache = place.open({ ...cacheOf(64), maxEntries: 100 });
    const items = (from: number, count: number) => Array.from({ length: count }, (_, i) => ({ key: `key ${from + i}`, value: i }));
    cache.setMany(items(0, 100));
    cache.setMany(items(0, 50));
    expect([cache.size, cache.stats().evictions.own]).toEqual([100, 0]);
    cache.setMany(items(1000, 150));
    expect(cache.size).toBeLessThanOrEqual(100);
  });

  test('makes room for a large value without a search among entries that are all read often', () => {
    const cache = place.open(cacheOf(256));
    for (let i = 0; i < 6000; i++) {
      cache.set(`${i}`, 'x'.repeat(60));
      for (let reads = 0; reads < 3; reads++) cache.get(`${i}`);
    }
    const { movedRecords } = cache.stats();
    const { appendedBytes } = cache.stats();
    cache.set('large', 'x'.repeat(100 * 4096));
    expect(cache.get('large')).toHaveLength(100 * 4096);
    expect([cache.stats().movedRecords - movedRecords, cache.stats().appendedBytes - appendedBytes]).toEqual([0, expect.any(Number)]);
  });
});

describe('in memory', () => {
  const place = placeFor('memory');

  test('an onEvict that throws keeps no other key from being told', async () => {
    const told: string[] = [];
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    const onEvict = (key: string) => {
      told.push(key);
      throw new Error(key);
    };
    const cache = place.open({ ...cacheOf(64), maxEntries: 10, onEvict });
    cache.setMany(Array.from({ length: 10 }, (_, i) => ({ key: `old ${i}`, value: i })));
    cache.setMany(Array.from({ length: 10 }, (_, i) => ({ key: `new ${i}`, value: i })));
    for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(told.length).toBe(20 - cache.size);
    expect(thrown.length).toBe(told.length);
  });

  test('no segment is lost between its opening and its first record', () => {
    const cache = place.open(cacheOf(40));
    for (let i = 0; i < 20_000; i++) cache.set(`${i % 3000}`, 'x'.repeat(i % 200), { ttl: 1000 * 2 ** (i % 14) });
    const { core } = (cache as unknown as { engine: { core: import('../../src/store/core.js').Core } }).engine;
    for (let segment = 1; segment < core.space.capacity; segment++) {
      if (core.space.isTable(segment) || core.segments.word(segment, Entry.KIND) !== SegmentKind.LOG) continue;
      if (core.segments.word(segment, Entry.LENGTH) === 0) expect(core.log.isOpen(segment)).toBe(true);
    }
  });
});
