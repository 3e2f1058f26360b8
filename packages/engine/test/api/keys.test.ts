// Keys: any string of 1 to 65,535 bytes, each told from every other.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, contentsOf, kinds, placeFor, SEED } from '../../../../test/support/stores.js';

const LONGEST = 65_535;
// Pairs that are close in some encoding, and strings that are near a word's or a buffer's end.
const keys = [
  'a',
  'ab',
  'abc',
  'abcd',
  'abcde',
  '\0',
  '\0\0',
  'a\0',
  ' ',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  'Ã©', // the UTF-8 of é, read as Latin-1
  '\ud800',
  '\udc00',
  '\ud800a',
  '\udc00\ud800',
  '\ud800\udc00', // a pair: well-formed
  '\ufeff',
  '\ufffd', // what a lone surrogate becomes in UTF-8
  'a\ufffd',
  'a\ud800',
  '😀',
  'ÿ',
  '\u0080',
  '\u007f',
  'x'.repeat(255),
  'x'.repeat(256),
  'x'.repeat(257),
  'x'.repeat(LONGEST - 1),
  'x'.repeat(LONGEST),
  `${'x'.repeat(LONGEST - 1)}y`,
  'é'.repeat(32_767),
  `${'é'.repeat(32_767)}a`,
  '\ud800'.repeat(32_767),
];

describe.each(kinds)('keys over %s', (kind) => {
  const place = placeFor(kind);

  test('are all told apart, and come back from iteration as they were, also after reopening', () => {
    const expected = new Map(keys.map((key, i) => [key, i]));
    expect(expected.size).toBe(keys.length);
    const store = place.open();
    for (const [key, i] of expected) store.set(key, i);
    expect(contentsOf(store)).toEqual(expected);
    store.close();
    const again = place.open();
    expect(contentsOf(again)).toEqual(expected);
    for (const [key, i] of expected) expect(again.get(key)).toBe(i);
    for (const key of keys) {
      expect(again.delete(key)).toBe(true);
      expect(again.has(key)).toBe(false);
    }
    expect(again.size).toBe(0);
  });
});

describe('keys', () => {
  const place = placeFor('memory');

  test(`that are random strings act as in a Map (seed ${SEED})`, () => {
    const unit = fc
      .oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe001 }), fc.integer({ min: 0, max: 0xff }))
      .map((c) => String.fromCharCode(c));
    const key = fc.oneof(fc.string({ unit, minLength: 1, maxLength: 12 }), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }));
    const store = place.open();
    fc.assert(
      fc.property(fc.array(key, { maxLength: 30 }), (list) => {
        store.clear();
        const model = new Map(list.map((one, i) => [one, i]));
        for (const [one, i] of list.map((one, i) => [one, i] as const)) store.set(one, i);
        expect(contentsOf(store)).toEqual(model);
        for (const one of list) expect(store.get(one)).toBe(model.get(one));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  const bad: [string, unknown, ErrorConstructor | RangeErrorConstructor][] = [
    ['the empty string', '', RangeError],
    ['one byte over 65,535', 'x'.repeat(LONGEST + 1), RangeError],
    ['one byte over 65,535 in UTF-8', `${'é'.repeat(32_767)}ab`, RangeError],
    ['one over 65,535 in UTF-16', '\ud800'.repeat(32_768), RangeError],
    ['a number', 5, TypeError],
    ['undefined', undefined, TypeError],
    ['null', null, TypeError],
    ['a Buffer', Buffer.from('a'), TypeError],
    ['an array', ['a'], TypeError],
    ['a String object', new String('a'), TypeError],
  ];

  test.each(bad)('%s is ERR_KEY_INVALID everywhere, and changes nothing', (_name, key, type) => {
    const store = place.open();
    store.set('before', 1);
    const k = key as string;
    const calls: [string, () => unknown][] = [
      ['get', () => store.get(k)],
      ['getEntry', () => store.getEntry(k)],
      ['has', () => store.has(k)],
      ['set', () => store.set(k, 1)],
      ['delete', () => store.delete(k)],
      ['expiresAt', () => store.expiresAt(k)],
      ['touch', () => store.touch(k, { ttl: 5 })],
      ['getMany', () => store.getMany(['before', k])],
      [
        'setMany',
        () =>
          store.setMany([
            { key: 'new', value: 1 },
            { key: k, value: 1 },
          ]),
      ],
      ['deleteMany', () => store.deleteMany(['before', k])],
      [
        'batch',
        () =>
          store.batch((batch) => {
            batch.delete('before');
            batch.set(k, 1);
          }),
      ],
      [
        'batch delete',
        () =>
          store.batch((batch) => {
            batch.set('before', 2);
            batch.delete(k);
          }),
      ],
    ];
    for (const [name, call] of calls) {
      expect(call, name).toThrow(type);
      expect(codeOf(call), name).toBe('ERR_KEY_INVALID');
    }
    expect(contentsOf(store)).toEqual(new Map([['before', 1]]));
  });

  test('with a prefix choose what is iterated and cleared, by characters and not by bytes', () => {
    const store = place.open();
    for (const key of ['a', 'ab', 'abc', 'b', 'é', 'éa', '\ud800', '\ud800b', '\ud800\udc00']) store.set(key, key);
    const under = (prefix: string) => [...store.keys({ prefix })].sort();
    expect(under('a')).toEqual(['a', 'ab', 'abc']);
    expect(under('abcd')).toEqual([]);
    expect(under('é')).toEqual(['é', 'éa']);
    expect(under('\ud800')).toEqual(['\ud800', '\ud800b', '\ud800\udc00']);
    expect([...store.entries({ prefix: 'ab' })].sort()).toEqual([
      ['ab', 'ab'],
      ['abc', 'abc'],
    ]);
    expect([...store.records({ prefix: 'abc' })]).toEqual([{ key: 'abc', value: 'abc', expiresAt: Number.POSITIVE_INFINITY, flag: false, bytes: 32 }]);
    expect(store.clear({ prefix: 'a' })).toBe(3);
    expect(under('')).toHaveLength(6);
    expect(codeOf(() => store.keys({ prefix: 5 as unknown as string }))).toBe('ERR_OPTION_INVALID');
    expect(codeOf(() => store.clear({ prefix: null as unknown as string }))).toBe('ERR_OPTION_INVALID');
    expect(store.size).toBe(6);
  });
});
