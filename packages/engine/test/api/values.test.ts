// What is stored comes back as what it was, under the key it was stored under. The encodings themselves are tested with the codec.

import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, kinds, placeFor } from '../../../../test/support/stores.js';

const cyclic: Record<string, unknown> = { name: 'itself' };
cyclic.self = cyclic;

const values: [string, unknown][] = [
  ['an empty string', ''],
  ['a string', 'text'],
  ['a Latin-1 string', 'größer'],
  ['a string of emoji', '👩‍👩‍👧 família'],
  ['a lone surrogate', 'a\ud800b'],
  ['a string that looks like JSON', '{"a":1}'],
  ['zero', 0],
  ['minus zero', -0],
  ['NaN', Number.NaN],
  ['infinity', Number.NEGATIVE_INFINITY],
  ['a float', 1.5e-300],
  ['true', true],
  ['false', false],
  ['null', null],
  ['a bigint', -(2n ** 200n)],
  ['a small bigint', 0n],
  ['a Date', new Date(0)],
  [
    'a Map',
    new Map<unknown, unknown>([
      ['a', 1],
      [{ b: 2 }, new Set([3])],
    ]),
  ],
  ['a Set', new Set([1, 'two', { three: 3 }])],
  ['a Buffer', Buffer.from([0, 255, 128])],
  ['an empty Buffer', Buffer.alloc(0)],
  ['a Uint8Array', new Uint8Array([1, 2, 3])],
  ['a Float64Array', new Float64Array([1.5, Number.NaN, -0])],
  ['a BigInt64Array', new BigInt64Array([-1n, 5n])],
  ['an ArrayBuffer', new Uint8Array([9, 8]).buffer],
  ['an array', [1, 'a', null, [true], { deep: [{}] }]],
  ['an object', { a: 1, 'b c': { d: [1, 2, 3] }, ü: 'ö', n: null }],
  ['an object with undefined in it', { a: undefined }],
  ['__proto__ as a key', JSON.parse('{"__proto__":{"x":1},"a":2}')],
  ['minus zero inside', { a: [-0] }],
  ['a RegExp', /a.b/gi],
  ['an Error', new RangeError('out')],
  ['a cycle', cyclic],
  ['100 KB of text', 'long '.repeat(20_000)],
  ['a large object', Array.from({ length: 5000 }, (_, i) => ({ i, name: `row ${i}` }))],
];

describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test.each(values)('%s comes back as it was, before and after reopening, with and without verifyReads', (_name, value) => {
    for (const verifyReads of [false, true]) {
      const store = place.open({ segmentSize: 4096, verifyReads });
      store.set('key', value, { ttl: 1000 });
      store.setMany([{ key: 'in a batch', value }]);
      for (const key of ['key', 'in a batch']) {
        const found = store.get(key);
        expect(found).toStrictEqual(value);
        expect(Object.prototype.toString.call(found)).toBe(Object.prototype.toString.call(value));
        expect(Buffer.isBuffer(found)).toBe(Buffer.isBuffer(value));
      }
      store.close();
      const again = place.open({ verifyReads });
      expect(contentsOf(again)).toStrictEqual(
        new Map([
          ['key', value],
          ['in a batch', value],
        ]),
      );
      again.close();
    }
  });
});

describe('values', () => {
  const place = placeFor('memory');

  test('what is returned is a copy: changing it changes nothing stored', () => {
    const store = place.open();
    const bytes = Buffer.from('abc');
    const object = { list: [1] };
    store.setMany([
      { key: 'bytes', value: bytes },
      { key: 'object', value: object },
    ]);
    bytes[0] = 0;
    object.list.push(2);
    (store.get('bytes') as Buffer)[1] = 0;
    (store.get('object') as typeof object).list.push(3);
    expect([String(store.get('bytes')), store.get('object')]).toEqual(['abc', { list: [1] }]);
  });

  test('a batch owns its bytes: the callback may change them before it ends', () => {
    const store = place.open();
    const bytes = new Uint8Array([1, 2, 3]);
    store.batch((batch) => {
      batch.set('a', bytes);
      bytes.fill(9);
    });
    expect(store.get('a')).toEqual(new Uint8Array([1, 2, 3]));
  });

  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a function inside', { a: [() => 1] }],
    ['a symbol inside', new Map([['a', Symbol('s')]])],
    ['a Promise', Promise.resolve(1)],
    ['a WeakMap', new WeakMap()],
    ['a Proxy', { p: new Proxy({}, {}) }],
    ['shared memory', new Uint8Array(new SharedArrayBuffer(8))],
  ])('%s is a TypeError before anything is written, also in setMany and batch', (_name, value) => {
    const store = place.open();
    store.set('before', 1);
    const { appendedBytes } = store.stats();
    const tries = [
      () => store.set('k', value),
      () =>
        store.setMany([
          { key: 'a', value: 1 },
          { key: 'k', value },
          { key: 'b', value: 2 },
        ]),
      () =>
        store.batch((batch) => {
          batch.set('a', 1);
          batch.set('k', value);
        }),
    ];
    for (const attempt of tries) {
      expect(attempt).toThrow(TypeError);
      expect(codeOf(attempt)).toBe('ERR_VALUE_INVALID');
    }
    expect(contentsOf(store)).toEqual(new Map([['before', 1]]));
    expect(store.stats().appendedBytes).toBe(appendedBytes);
  });

  test('one byte over 1 GiB is ERR_VALUE_TOO_LARGE, without a copy of it', () => {
    const store = place.open();
    const huge = Buffer.alloc(2 ** 30 + 1); // zero pages: takes no memory until touched
    expect(() => store.set('k', huge)).toThrow(RangeError);
    expect(codeOf(() => store.set('k', huge))).toBe('ERR_VALUE_TOO_LARGE');
    expect(codeOf(() => store.setMany([{ key: 'k', value: huge }]))).toBe('ERR_VALUE_TOO_LARGE');
    expect(store.size).toBe(0);
  });

  test('a getter in a value may use the store: the value still goes under its own key', () => {
    const store = place.open();
    store.set('key', {
      get inner() {
        store.set('other', 'from the getter');
        return store.get('other');
      },
    });
    expect(contentsOf(store)).toEqual(
      new Map<string, unknown>([
        ['other', 'from the getter'],
        ['key', { inner: 'from the getter' }],
      ]),
    );
  });
});

// Over real memory: a store into a mapping that is gone would kill the process.
describe.each(kinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test('closing the store from inside an operation ends it with ERR_STORE_CLOSED', () => {
    for (const attempt of [
      (store: ReturnType<typeof place.open>) =>
        store.set('key', {
          get inner() {
            store.close();
            return 1;
          },
        }),
      (store: ReturnType<typeof place.open>) =>
        store.batch((batch) => {
          batch.set('key', 1);
          store.close();
        }),
    ]) {
      const store = place.open();
      expect(codeOf(() => attempt(store))).toBe('ERR_STORE_CLOSED');
    }
    expect(place.open().size).toBe(0);
  });
});
