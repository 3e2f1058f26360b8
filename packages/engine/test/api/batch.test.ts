// setMany, deleteMany and batch: all of it or nothing, whatever ends it.

import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, kinds, placeFor } from '../../../../test/support/stores.js';
import type { Store } from '../../src/index.js';

const tiny = { segmentSize: 4096, maxSize: 40 * 4096 } as const;
const big = (char: string, segments = 2.5) => char.repeat(segments * 4096);

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test('a batch takes effect in its order: the last of several on one key counts', () => {
    const store = place.open(tiny);
    store.set('there', 0);
    store.set('chained', big('a'));
    store.batch((batch) => {
      batch.set('twice', 1);
      batch.set('twice', 2);
      batch.set('gone', 1);
      batch.delete('gone');
      batch.delete('back');
      batch.set('back', 1);
      batch.delete('there');
      batch.delete('there');
      batch.delete('never');
      batch.set('chained', big('b'));
      batch.set('chained', big('c'));
    });
    expect(contentsOf(store)).toEqual(
      new Map<string, unknown>([
        ['twice', 2],
        ['back', 1],
        ['chained', big('c')],
      ]),
    );
    expect(store.stats().segments.chain).toBe(3);
    store.batch((batch) => {
      batch.delete('twice');
      batch.set('twice', 3);
      batch.delete('chained');
    });
    store.setMany([
      { key: 'back', value: 5, ttl: 10 },
      { key: 'back', value: 6 },
    ]);
    expect(contentsOf(store)).toEqual(
      new Map<string, unknown>([
        ['twice', 3],
        ['back', 6],
      ]),
    );
    expect(store.expiresAt('back')).toBe(Number.POSITIVE_INFINITY);
    expect(store.stats().segments.chain).toBe(0);
  });

  test('a batch over many segments, with chains among them, survives reopening', () => {
    const store = place.open({ segmentSize: 4096 });
    const expected = new Map<string, unknown>();
    for (let i = 0; i < 2000; i++) expected.set(`key ${i}`, i % 100 === 0 ? big(String(i % 7), 1.1 + (i % 3)) : `value ${i} `.repeat(i % 20));
    store.setMany([...expected].map(([key, value]) => ({ key, value })));
    expect(contentsOf(store)).toEqual(expected);
    const gone = [...expected.keys()].filter((_, i) => i % 3 === 0);
    expect(store.deleteMany(gone)).toEqual(gone.map(() => true));
    for (const key of gone) expected.delete(key);
    store.close();
    expect(contentsOf(place.open())).toEqual(expected);
  });

  test('deleteMany tells for each key whether it was there', () => {
    const store = place.open();
    store.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
      { key: 'c', value: 3, ttl: 1 },
    ]);
    place.now += 1;
    expect(store.deleteMany(['a', 'x', 'b', 'a', 'c'])).toEqual([true, false, true, false, false]);
    expect(store.size).toBe(0);
    expect(store.deleteMany([])).toEqual([]);
  });

  test('getMany gives a value, or undefined, for each key in its order', () => {
    const store = place.open();
    store.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: null },
    ]);
    expect(store.getMany(['b', 'x', 'a', 'a'])).toEqual([null, undefined, 1, 1]);
    expect(store.getMany([])).toEqual([]);
  });
});

describe('a batch that fails changes nothing', () => {
  const place = placeFor('memory');

  function filled() {
    const store = place.open(tiny);
    store.setMany([
      { key: 'a', value: 'before' },
      { key: 'b', value: 'before' },
      { key: 'c', value: big('c') },
    ]);
    return { store, before: contentsOf(store), stats: store.stats() };
  }

  test.each<[string, () => unknown]>([
    [
      'the callback throws',
      () => {
        throw new RangeError('mine');
      },
    ],
    ['the callback returns a promise', () => Promise.resolve()],
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    ['the callback returns any thenable', () => ({ then: () => undefined })],
    ['the callback is async', async () => undefined],
  ])('when %s', (_name, end) => {
    const { store, before, stats } = filled();
    const attempt = () =>
      store.batch((batch) => {
        batch.set('a', 'after');
        batch.delete('b');
        batch.set('c', big('d'));
        batch.set('e', big('e'));
        return end() as undefined;
      });
    expect(attempt).toThrow(_name.endsWith('throws') ? RangeError : TypeError);
    expect(contentsOf(store)).toEqual(before);
    expect(store.stats()).toEqual(stats);
  });

  test.each<[string, (store: Store) => unknown]>([
    ['setMany of an object', (store) => store.setMany({ a: 1 } as never)],
    ['setMany of a Map', (store) => store.setMany(new Map([['a', 1]]) as never)],
    ['setMany of no items', (store) => store.setMany([null] as never)],
    ['setMany of pairs', (store) => store.setMany(['a'] as never)],
    ['deleteMany of a string', (store) => store.deleteMany('a' as never)],
    ['getMany of nothing', (store) => store.getMany(undefined as never)],
    ['batch without a function', (store) => store.batch(undefined as never)],
  ])('%s is a TypeError with a code, and changes nothing', (_name, call) => {
    const { store, before } = filled();
    expect(() => call(store)).toThrow(TypeError);
    expect(codeOf(() => call(store))).toBe('ERR_OPTION_INVALID');
    expect(contentsOf(store)).toEqual(before);
  });

  test('when its callback has ended, nothing can be added any more', () => {
    const { store } = filled();
    let late: (() => void) | undefined;
    store.batch((batch) => {
      batch.set('a', 'after');
      late = () => batch.set('b', 'late');
    });
    expect(codeOf(() => late?.())).toBe('ERR_OPTION_INVALID');
    expect([store.get('a'), store.get('b')]).toEqual(['after', 'before']);
  });

  test.each([0, 1, 5])('when the store is full in the middle of it, with %i large values first', (chains) => {
    const { store, before } = filled();
    const items = Array.from({ length: 60 }, (_, i) => ({ key: `new ${i}`, value: i < chains ? big('x', 1.5) : 'y'.repeat(3000) }));
    items.splice(30, 0, { key: 'a', value: 'after' });
    expect(codeOf(() => store.setMany(items))).toBe('ERR_STORE_FULL');
    expect(
      codeOf(() =>
        store.batch((batch) => {
          for (const { key, value } of items) {
            batch.delete('b');
            batch.set(key, value);
          }
        }),
      ),
    ).toBe('ERR_STORE_FULL');
    expect(contentsOf(store)).toEqual(before);
    expect(store.check()).toEqual([]);
    expect(store.stats().segments.chain).toBe(3);
    // And what does fit still does.
    store.setMany(items.slice(0, 8));
    expect(store.size).toBe(11);
  });

  test('a batch of nothing, and of deletes of what is not there, writes nothing', () => {
    const { store, stats } = filled();
    store.batch(() => undefined);
    store.setMany([]);
    store.deleteMany(['x', 'y']);
    store.batch((batch) => batch.delete('x'));
    expect(store.stats()).toEqual(stats);
  });

  test('inside the callback the store can be read and written; the batch comes after', () => {
    const { store } = filled();
    store.batch((batch) => {
      batch.set('a', 'in the batch');
      expect(store.get('a')).toBe('before');
      store.set('a', 'inside');
      store.batch((inner) => inner.set('b', 'inner'));
    });
    expect([store.get('a'), store.get('b')]).toEqual(['in the batch', 'inner']);
  });

  test('in a full store, keys that a batch deletes and then sets, there or not: all of it or nothing, and nothing else is touched', () => {
    for (let round = 0; round < 25; round++) {
      const [count, size, base] = [12 + (round % 30), 100 + ((round * 7) % 150), 50 + ((round * 31) % 200)];
      const store = place.open({ segmentSize: 4096, maxSize: (20 + round) * 4096 }, `${place.path}-${round}`);
      const expected = new Map<string, unknown>();
      const set = (key: string, value: string, ttl?: number) => {
        store.set(key, value, ttl === undefined ? undefined : { ttl });
        expected.set(key, value);
      };
      const fill = () => {
        for (let i = 0; i < base; i++) set(`base ${i}`, 'x'.repeat(size), i % 5 === 0 ? 1000 : undefined);
        for (let batch = 0; ; batch++) {
          const keys = Array.from({ length: count }, (_, i) => (i % 4 === 0 ? `base ${(batch * 7 + i) % base}` : `${batch} ${i}`));
          store.batch((operations) => {
            for (const key of keys) {
              operations.delete(key);
              operations.set(key, 'y');
            }
          });
          for (const key of keys) expected.set(key, 'y');
          for (let i = 0; i < 10; i++) set(`base ${(batch * 11 + i) % base}`, 'x'.repeat(size), i % 5 === 0 ? 1000 : undefined);
        }
      };
      expect(codeOf(fill)).toBe('ERR_STORE_FULL');
      expect(contentsOf(store)).toEqual(expected);
      expect(store.check()).toEqual([]);
      place.now += 2000;
      for (const key of expected.keys()) store.delete(key);
      expect(store.size).toBe(0);
      store.close();
    }
  });
});
