// Expiry: by the clock given, checked on every read; bad values are refused before anything is written.

import { describe, expect, test } from 'vitest';
import { codeOf, kinds, placeFor } from '../../../../test/support/stores.js';

const NEVER = Number.POSITIVE_INFINITY;

describe.each(kinds)('expiry over %s', (kind) => {
  const place = placeFor(kind);

  test('an entry is there until its time, and absent to every read from it on', () => {
    const store = place.open();
    store.set('ttl', 'v', { ttl: 100 });
    store.set('at', 'v', { expiresAt: place.now + 100 });
    store.set('never', 'v');
    const seen = (key: string) => [
      store.get(key),
      store.has(key),
      store.getMany([key])[0],
      store.getEntry(key)?.value,
      store.expiresAt(key),
      [...store.keys()].includes(key),
      [...store.entries()].length,
      [...store.records()].some((record) => record.key === key),
    ];
    for (const key of ['ttl', 'at']) expect(seen(key)).toEqual(['v', true, 'v', 'v', place.now + 100, true, 3, true]);
    place.now += 99;
    expect(store.has('ttl')).toBe(true);
    place.now += 1;
    for (const key of ['ttl', 'at']) expect(seen(key)).toEqual([undefined, false, undefined, undefined, undefined, false, 1, false]);
    expect(seen('never').slice(0, 5)).toEqual(['v', true, 'v', 'v', NEVER]);
    // Not yet cleaned away; a delete finds nothing to delete.
    expect(store.size).toBe(3);
    expect(store.delete('ttl')).toBe(false);
    expect(store.deleteMany(['at', 'never', 'never'])).toEqual([false, true, false]);
    expect(store.size).toBe(0);
  });

  test('touch gives an entry another time, or none, and can not bring back what has expired', () => {
    const store = place.open();
    store.set('a', { v: 1 }, { ttl: 100, flag: true });
    expect(store.touch('a', { ttl: 500 })).toBe(true);
    expect(store.getEntry('a')).toEqual({ value: { v: 1 }, expiresAt: place.now + 500, flag: true });
    expect(store.touch('a', { expiresAt: place.now + 50 })).toBe(true);
    expect(store.expiresAt('a')).toBe(place.now + 50);
    place.now += 50;
    expect(store.touch('a', { ttl: 500 })).toBe(false);
    expect(store.touch('absent', { ttl: 500 })).toBe(false);
    store.set('b', 1, { ttl: 5 });
    expect(store.touch('b', { ttl: NEVER })).toBe(true);
    expect(store.expiresAt('b')).toBe(NEVER);
    expect(store.touch('b', { expiresAt: place.now })).toBe(true);
    expect(store.has('b')).toBe(false);
  });

  test.each([undefined, {}, { ttl: undefined }, null, 500])('touch with %o is a TypeError, and the expiry stays', (options) => {
    const store = place.open();
    store.set('a', 1, { ttl: 100 });
    const call = () => store.touch('a', options as object);
    expect(call).toThrow(TypeError);
    expect(codeOf(call)).toBe('ERR_OPTION_INVALID');
    expect(store.expiresAt('a')).toBe(place.now + 100);
  });

  // A ttl as a bare number, as Keyv takes it, is the likeliest of these.
  test.each([1000, '5', null, true, () => 1])('options %o, which are no object, are a TypeError, and nothing changes', (wrong) => {
    const store = place.open();
    store.set('a', 1);
    const options = wrong as object;
    for (const call of [
      () => store.set('a', 2, options),
      () =>
        store.batch((batch) => {
          batch.delete('a');
          batch.set('b', 2, options);
        }),
      () => store.keys(options),
      () => store.entries(options),
      () => store.records(options),
      () => store.clear(options),
    ]) {
      expect(call).toThrow(TypeError);
      expect(codeOf(call)).toBe('ERR_OPTION_INVALID');
    }
    expect([...store.entries()]).toEqual([['a', 1]]);
  });

  test('a set without ttl takes the expiry off, and reopening keeps it', () => {
    const store = place.open();
    store.setMany([
      { key: 'a', value: 1, ttl: 10 },
      { key: 'b', value: 2, expiresAt: place.now + 20 },
      { key: 'c', value: 3 },
    ]);
    store.batch((batch) => batch.set('d', 4, { ttl: 30, flag: true }));
    store.set('a', 5);
    store.close();
    const again = place.open();
    expect(['a', 'b', 'c', 'd'].map((key) => again.expiresAt(key))).toEqual([NEVER, place.now + 20, NEVER, place.now + 30]);
    expect([...again.records()].filter((record) => record.flag).map((record) => record.key)).toEqual(['d']);
    place.now += 25;
    expect([...again.keys()].sort()).toEqual(['a', 'c', 'd']);
  });
});

describe('expiry', () => {
  const place = placeFor('memory');

  test.each([0, -1, Number.NaN, Number.NEGATIVE_INFINITY, -0, '5', null, 5n, {}, true])('ttl %s is a RangeError, and changes nothing', (ttl) => {
    const store = place.open();
    store.set('a', 1);
    const options = { ttl: ttl as number };
    for (const call of [
      () => store.set('a', 2, options),
      () => store.touch('a', options),
      () =>
        store.setMany([
          { key: 'a', value: 2 },
          { key: 'b', value: 2, ...options },
        ]),
      () =>
        store.batch((batch) => {
          batch.delete('a');
          batch.set('b', 2, options);
        }),
    ]) {
      expect(call).toThrow(RangeError);
      expect(codeOf(call)).toBe('ERR_OPTION_INVALID');
    }
    expect([...store.entries()]).toEqual([['a', 1]]);
  });

  test.each([Number.NaN, '5', null, 5n, new Date(0)])('expiresAt %s is a RangeError', (expiresAt) => {
    const store = place.open();
    expect(() => store.set('a', 1, { expiresAt: expiresAt as number })).toThrow(RangeError);
    expect(codeOf(() => store.touch('a', { expiresAt: expiresAt as number }))).toBe('ERR_OPTION_INVALID');
    expect(store.size).toBe(0);
  });

  test('ttl and expiresAt together are a TypeError', () => {
    const store = place.open();
    expect(() => store.set('a', 1, { ttl: 1, expiresAt: 1 })).toThrow(TypeError);
    expect(codeOf(() => store.touch('a', { ttl: 1, expiresAt: 1 }))).toBe('ERR_OPTION_INVALID');
  });

  test('fractions, the distant future and the past are times too', () => {
    const store = place.open();
    store.set('fraction', 1, { ttl: 0.5 });
    store.set('year 275760', 1, { expiresAt: 8.64e15 });
    store.set('for ever', 1, { ttl: NEVER });
    store.set('past', 1, { expiresAt: place.now - 1 });
    store.set('long past', 1, { expiresAt: -5 });
    store.set('minus infinity', 1, { expiresAt: Number.NEGATIVE_INFINITY });
    expect([...store.keys()].sort()).toEqual(['for ever', 'fraction', 'year 275760']);
    expect(store.expiresAt('for ever')).toBe(NEVER);
    expect(store.expiresAt('fraction')).toBe(place.now + 0.5);
  });

  test('when the clock jumps back, what had not been cleaned is there again, as the clock says', () => {
    const store = place.open();
    store.set('a', 1, { ttl: 100 });
    place.now += 200;
    expect(store.has('a')).toBe(false);
    place.now -= 150;
    expect(store.get('a')).toBe(1);
  });
});
