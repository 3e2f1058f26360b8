// What has expired makes room in a store, wherever it lies: beside what lives on, and in chains.

import { expect, test } from 'vitest';
import { placeFor } from '../../../../test/support/stores.js';

const SEGMENT = 4096;
const place = placeFor('memory');

/** One record in 25 lives on for long, so that each segment has one. */
const ttlOf = (i: number) => (i % 25 === 0 ? 5000 : 20);

test('a store of mostly short-lived entries stays small, though some in each segment live on', () => {
  const store = place.open({ segmentSize: SEGMENT });
  for (let i = 0; i < 20_000; i++) {
    place.now++;
    store.set(`key ${i}`, 'x'.repeat(100), { ttl: ttlOf(i) });
  }
  const { fileSize, appendedBytes } = store.stats();
  const alive = [...store.keys()].length;
  expect(alive).toBe(220);
  expect(fileSize).toBeLessThan(80 * SEGMENT);
  // What is written beside the records themselves: copies and tombstones.
  expect(appendedBytes).toBeLessThan(3 * 20_000 * 144);
  for (let i = 19_999; i > 15_000; i -= 25) expect(store.has(`key ${i - (i % 25)}`)).toBe(true);
});

test('it is not full with them, and what lives on is there after a reopening', () => {
  const options = { segmentSize: SEGMENT, maxSize: 16384 + 64 * SEGMENT };
  const store = place.open(options);
  for (let i = 0; i < 10_000; i++) {
    place.now++;
    store.set(`key ${i}`, 'x'.repeat(100), { ttl: ttlOf(i) });
  }
  const keys = [...store.keys()].sort();
  expect(keys).toContain('key 9975');
  store.close();
  expect([...place.open(options).keys()].sort()).toEqual(keys);
});

test('a full store in which entries expire takes others, with no write in between', () => {
  const store = place.open({ segmentSize: SEGMENT, maxSize: 16384 + 64 * SEGMENT });
  const fill = (ttl: (i: number) => number) => {
    let i = 0;
    try {
      for (; i < 10_000; i++) store.set(`key ${i}`, 'x'.repeat(100), { ttl: ttl(i) });
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_STORE_FULL' });
    }
    return i;
  };
  const held = fill((i) => (i % 3 === 0 ? 1e9 : 1000));
  place.now += 1000;
  let more = 0;
  for (; more < held / 4; more++) store.set(`more ${more}`, 'x'.repeat(100));
  expect([...store.keys()]).toHaveLength(Math.ceil(held / 3) + more);
});

test.each([undefined, 16384 + 64 * SEGMENT])('expired values larger than a segment give their chains back, with maxSize %s', (maxSize) => {
  const store = place.open({ segmentSize: SEGMENT, ...(maxSize && { maxSize }) });
  for (let i = 0; i < 500; i++) {
    place.now += 10;
    store.set(`key ${i}`, 'x'.repeat(2.5 * SEGMENT), { ttl: 50 });
  }
  expect([...store.keys()]).toHaveLength(5);
  expect(store.stats().fileSize).toBeLessThanOrEqual(16384 + 64 * SEGMENT);
});
