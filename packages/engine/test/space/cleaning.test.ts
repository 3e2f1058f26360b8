// Cleaning keeps the file near what lives in it, and never brings back what is gone.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { contentsOf, fileKinds, kinds, type Place, placeFor, SEED } from '../../../../test/support/stores.js';
import type { Store } from '../../src/index.js';
import { HEAD_BYTES } from '../../src/layout.js';

const MiB = 1 << 20;

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test('after 100,000 keys of 100 bytes were overwritten five times the file is at most twice the live bytes, rounded up to a doubling', {
    timeout: 60_000,
  }, () => {
    const store = place.open();
    const value = (round: number) => `${round}`.padEnd(100, 'v');
    for (let round = 0; round <= 5; round++) for (let i = 0; i < 100_000; i++) store.set(`key ${i}`, value(round));
    const { fileSize, liveBytes, segments, segmentSize } = store.stats();
    const doubled = segmentSize * 2 ** Math.ceil(Math.log2((2 * liveBytes) / segmentSize));
    expect(fileSize - HEAD_BYTES).toBeLessThanOrEqual(doubled);
    expect(segments.log * segmentSize).toBeLessThanOrEqual(2 * liveBytes);
    for (let i = 0; i < 100_000; i += 997) expect(store.get(`key ${i}`)).toBe(value(5));
    expect(store.size).toBe(100_000);
  });

  test('in random order too', { timeout: 60_000 }, () => {
    const store = place.open({ segmentSize: 65536 });
    const next = random(SEED);
    const expected = new Map<string, number>();
    for (let i = 0; i < 200_000; i++) {
      const key = `key ${Math.floor(next() * 20_000)}`;
      store.set(key, i);
      expected.set(key, i);
    }
    const { liveBytes, segments, segmentSize } = store.stats();
    expect(segments.log * segmentSize).toBeLessThanOrEqual(2 * liveBytes);
    expect(contentsOf(store)).toEqual(expected);
  });
});

describe('cleaning', () => {
  const place = placeFor('memory');

  /** Runs a workload and returns the largest size the file had after its first fifth, and at its end. */
  function sizes(store: Store, steps: number, step: (i: number) => void): [number, number] {
    let early = 0;
    for (let i = 0; i < steps; i++) {
      step(i);
      if (i === Math.floor(steps / 5)) early = store.stats().fileSize;
    }
    return [early, store.stats().fileSize];
  }

  const workloads: Record<string, (store: Store, place: Place) => (i: number) => void> = {
    'a queue: set at one end, delete at the other': (store) => (i) => {
      store.set(`job ${i}`, { id: i });
      if (i >= 100) store.delete(`job ${i - 100}`);
    },
    'set and delete of one key': (store) => (i) => {
      store.set('only', i);
      store.delete('only');
    },
    'set and delete of ever new keys': (store) => (i) => {
      store.set(`key ${i}`, i);
      store.delete(`key ${i}`);
    },
    'sessions that expire and are never looked at again': (store, place) => (i) => {
      store.set(`session ${i}`, { user: i }, { ttl: 200 });
      place.now++;
    },
    'sessions beside data that stays': (store, place) => (i) => {
      if (i < 500) store.set(`kept ${i}`, 'k'.repeat(50));
      store.set(`session ${i}`, { user: i }, { ttl: 200 });
      place.now++;
    },
    'sessions that are touched': (store, place) => (i) => {
      store.set(`session ${i}`, { user: i }, { ttl: 100 });
      if (i % 3 === 0) store.touch(`session ${i - 50}`, { ttl: 300 });
      place.now++;
    },
    'batches that replace each other': (store) => (i) => {
      if (i % 20 === 0) store.setMany(Array.from({ length: 30 }, (_, j) => ({ key: `key ${j}`, value: `${i} ${j}` })));
    },
    'chains that replace each other': (store) => (i) => {
      if (i % 100 === 0) store.set(`key ${(i / 100) % 3}`, 'c'.repeat(9000));
    },
    'clear again and again': (store) => (i) => {
      store.set(`key ${i}`, i);
      if (i % 1000 === 999) store.clear();
    },
  };

  test.each(Object.keys(workloads))('%s: the file stops growing', (name) => {
    const store = place.open({ segmentSize: 4096 });
    const [early, late] = sizes(store, 50_000, workloads[name](store, place));
    expect(late).toBeLessThanOrEqual(early * 2);
    expect(late).toBeLessThan(MiB);
    expect(store.check()).toEqual([]);
  });

  test('compact leaves nothing dead, and the same entries', () => {
    const store = place.open({ segmentSize: 4096 });
    for (let i = 0; i < 3000; i++) store.set(`key ${i % 700}`, `value ${i}`, i % 5 === 0 ? { ttl: 10 } : undefined);
    for (let i = 0; i < 300; i++) store.delete(`key ${i * 2}`);
    place.now += 10;
    const expected = contentsOf(store);
    store.compact();
    store.compact();
    const { tombstoneBytes, liveBytes, deadBytes } = store.stats();
    expect([tombstoneBytes, store.size]).toEqual([0, expected.size]);
    expect(deadBytes).toBeLessThan(liveBytes * 0.1);
    expect(contentsOf(store)).toEqual(expected);
  });
});

// A copy of an open file has another identity: it opens as after a power cut, and its index is rebuilt from the log.
describe.each(fileKinds)('a rebuild over %s', (kind) => {
  const place = placeFor(kind);

  test(`never brings back what was deleted, overwritten or had expired (seed ${SEED})`, { timeout: 60_000 }, () => {
    const next = random(SEED);
    const store = place.open({ segmentSize: 4096 });
    const model = new Map<string, { value: number; expiry: number }>();
    for (let copy = 0; copy < 25; copy++) {
      for (let i = 0; i < 1500; i++) {
        const key = `key ${Math.floor(next() * 400)}`;
        const kind = next();
        place.now++;
        if (kind < 0.5) {
          const expiry = next() < 0.3 ? place.now + Math.floor(next() * 500) + 1 : Number.POSITIVE_INFINITY;
          store.set(key, i, { expiresAt: expiry });
          model.set(key, { value: i, expiry });
        } else {
          store.delete(key);
          model.delete(key);
        }
        if (next() < 0.002) store.compact();
      }
      store.flushSync();
      const path = join(place.directory, `copy ${copy}`);
      copyFileSync(place.path, path);
      const rebuilt = place.open({}, path);
      const live = new Map([...model].filter(([, { expiry }]) => expiry > place.now).map(([key, { value }]) => [key, value]));
      expect(rebuilt.stats().recovery).toBe('power-cut');
      expect(contentsOf(rebuilt)).toEqual(live);
      expect(rebuilt.check()).toEqual([]);
      rebuilt.close();
    }
    expect(store.stats().cleanedSegments).toBeGreaterThan(100);
  });
});
