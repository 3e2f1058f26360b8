// Every type comes back as it went in: by property, and a table of the traps that were met.
import { deepStrictEqual, strictEqual } from 'node:assert';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneTree, heightOf } from '../src/log/clone.js';
import { decodeValue, detach, EncodedValue, encodeValue, toBytes, ValueKind, writeValue } from '../src/log/codec.js';

function stored(value: unknown, encoded = new EncodedValue()): { kind: number; bytes: Buffer; start: number; end: number } {
  encodeValue(value, encoded);
  // In the middle of other bytes, at an odd place: as in a segment.
  const bytes = Buffer.alloc(encoded.length + 20, 0xee);
  writeValue(encoded, bytes, 7);
  const end = 7 + encoded.length;
  expect(bytes.subarray(0, 7).every((byte) => byte === 0xee) && bytes.subarray(end).every((byte) => byte === 0xee)).toBe(true);
  expect(Buffer.compare(toBytes(encoded), bytes.subarray(7, end))).toBe(0);
  return { kind: encoded.kind, bytes, start: 7, end };
}

function back(value: unknown): unknown {
  const { kind, bytes, start, end } = stored(value);
  const result = decodeValue(kind, bytes, start, end);
  bytes.fill(0x55); // what came back must not depend on the file any more
  return result;
}

// deepStrictEqual tells -0 from 0 and Buffer from Uint8Array, but overlooks the order of keys, and in Node 20 holds two invalid dates unequal.
function same(actual: unknown, expected: unknown): void {
  deepStrictEqual(form(actual), form(expected));
}

function form(value: unknown, above: unknown[] = []): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Date) return ['Date', value.getTime()];
  if (above.includes(value)) return ['cycle', above.length - above.indexOf(value)];
  const inside = [...above, value];
  const members = Object.entries(value).map(([key, member]) => [key, form(member, inside)]);
  if (value instanceof Map) return ['Map', [...value].map(([key, member]) => [form(key, inside), form(member, inside)])];
  if (value instanceof Set) return ['Set', [...value].map((item) => form(item, inside))];
  if (Array.isArray(value)) return ['Array', Object.getPrototypeOf(value), value.length, members];
  return Object.getPrototypeOf(value) === Object.prototype ? ['Object', members] : value;
}

const kindOf = (value: unknown) => stored(value).kind;

/** All that could be changed in one place and seen in another. */
function mutables(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  found.add(value);
  if (ArrayBuffer.isView(value)) return found.add(value.buffer);
  for (const member of Object.values(value)) mutables(member, found);
  if (value instanceof Map) for (const member of [...value].flat()) mutables(member, found);
  if (value instanceof Set) for (const member of value) mutables(member, found);
  return found;
}

const anyString = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 300 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 100 }), // lone surrogates
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', '\ufeff', '\0', 'é', 'a', '€', '😀'), maxLength: 80 }),
);
const bytes = fc.uint8Array({ maxLength: 300 });
const anyDate = fc.date({ noInvalidDate: false });
const leaf = fc.oneof(
  anyString,
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 31), 2 ** 32),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  anyDate,
  bytes,
  bytes.map((list) => Buffer.from(list)),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  bytes.map((list) => new DataView(list.buffer, list.byteOffset, list.byteLength)),
  bytes.map((list) => list.slice().buffer),
  fc.constantFrom(/a.b/giu, /[\ud800]/),
);
const anyKey = fc.oneof(
  anyString,
  fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', '', '1', '0', '10', '-1', 'then', 'hasOwnProperty', 'buffer'),
);

function object(entries: [string, unknown][]): Record<string, unknown> {
  const result = {};
  for (const [key, value] of entries) Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
  return result;
}

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, leaf, tie('array'), tie('object'), tie('map'), tie('set')),
  member: fc.oneof({ weight: 9, arbitrary: tie('value') }, { weight: 1, arbitrary: fc.constant(undefined) }),
  array: fc.array(tie('member'), { maxLength: 20 }),
  object: fc.array(fc.tuple(anyKey, tie('member')), { maxLength: 20 }).map(object),
  map: fc.array(fc.tuple(tie('member'), tie('member')), { maxLength: 8 }).map((entries) => new Map(entries)),
  set: fc.array(tie('member'), { maxLength: 8 }).map((items) => new Set(items)),
}));

describe('a value comes back as what it went in', () => {
  it('strings of any characters', () => {
    fc.assert(
      fc.property(anyString, (text) => strictEqual(back(text), text)),
      { numRuns: 2000 },
    );
  });

  it('values of every type, nested', () => {
    fc.assert(
      fc.property(anyValue, (value) => same(back(value), value)),
      { numRuns: 3000 },
    );
  });

  it('and so does a clone of it, which shares nothing with it', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const { kind, bytes, start, end } = stored(value);
        const decoded = decodeValue(kind, bytes, start, end);
        if (typeof decoded !== 'object' || decoded === null || kind === ValueKind.V8) return;
        const clone = cloneTree(decoded, heightOf(decoded));
        same(clone, value);
        const ofDecoded = mutables(decoded);
        for (const one of mutables(clone)) expect(ofDecoded.has(one)).toBe(false);
      }),
      { numRuns: 3000 },
    );
    // Deeper than what is walked; and no deeper, since `same` recurses as well, which Node 24 bears less of.
    const deep = Array.from({ length: 70 }).reduce<object>((inner) => ({ inner: [inner] }), { end: new Date(1) });
    same(cloneTree(deep, heightOf(deep)), deep);
  });

  it('anything fast-check knows, as structuredClone gives it', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(value !== undefined);
        same(back(value), structuredClone(value));
      }),
      { numRuns: 3000 },
    );
  });

  it('JSON values, nearly always the fast way', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 6 }), (value) => {
        same(back(value), value);
        if (typeof value === 'object' && value !== null && !/__proto__|\ufeff/.test(JSON.stringify(value))) expect(kindOf(value)).toBe(ValueKind.MSGPACK);
      }),
      { numRuns: 1000 },
    );
  });

  it('dates, also the first and the last, the fast way', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        expect(kindOf({ date })).toBe(ValueKind.MSGPACK);
        same(back({ date }), { date });
      }),
      { numRuns: 2000 },
    );
  });
});

// [1, <hole>, 3]
function holed(): number[] {
  const array = [1, 2, 3];
  delete array[1];
  return array;
}

const shared = { deep: [1, 2, 3] };
const cycle: Record<string, unknown> = { name: 'loop' };
cycle.self = cycle;

describe('each trap that was met', () => {
  const traps: [string, unknown][] = [
    ['an empty string', ''],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
    ['surrogates the wrong way round', '\udc00\ud800'],
    ['a BOM at the start', '\ufeffabc'],
    ['a BOM at the start of a long string in an object', { text: `\ufeff${'x'.repeat(100)}` }],
    ['only a BOM', '\ufeff'],
    ['a NUL', 'a\0b'],
    ['one character over one byte', `${'x'.repeat(99)}\u0100`],
    ['the last one-byte character', 'ÿ'.repeat(100)],
    ['a two-byte string cut to one-byte characters', `€${'abcdefghijklmnopqrstuvwxyz'}`.slice(1)],
    ['a concatenated string', ['a', 'b'.repeat(50), 'é'.repeat(50)].reduce((text, part) => text + part)],
    ['-0', -0],
    ['-0 in an array', [-0]],
    ['-0 in an object', { a: { b: -0 } }],
    ['NaN', Number.NaN],
    ['NaN in an object', { a: Number.NaN }],
    ['the smallest double', { a: 5e-324, b: 1.1754943508222875e-38 }],
    ['an integer past 2^53', { a: 2 ** 53 + 2, b: -(2 ** 63), c: 2 ** 64 }],
    ['a bigint past 64 bits', { a: 2n ** 64n, b: -(2n ** 64n) }],
    ['a bigint of zero', 0n],
    ['a negative bigint', -255n],
    ['a bigint of 10,000 bits', 1n << 10_000n],
    ['an invalid date', new Date(Number.NaN)],
    ['an invalid date in an array', [new Date(Number.NaN)]],
    ['the first and the last date', [new Date(-8.64e15), new Date(8.64e15), new Date(-1), new Date(-1000)]],
    ['__proto__ as a key', JSON.parse('{"__proto__": {"x": 1}, "a": 1}')],
    ['constructor as a key', { constructor: 'mason' }],
    ['constructor as a key that looks like a class', { constructor: { name: 'Map' }, size: 0, toJSON: 'no' }],
    ['a lone surrogate as a key', { '\ud800': 1 }],
    ['keys that look like indexes', { b: 1, 2: 1, a: 1, 1: 1, '01': 1 }],
    ['an empty key', { '': 1 }],
    ['a key of 300 characters', { ['k'.repeat(300)]: 1 }],
    ['undefined in an object', { a: undefined }],
    ['undefined in an array', [undefined]],
    ['a hole in an array', holed()],
    ['as many properties as holes', Object.assign(holed(), { extra: 2 })],
    ['a long sparse array', Object.assign([], { 4000000000: 'far' })],
    ['an array with a property of its own', Object.assign([1, 2], { extra: true })],
    ['an empty array', []],
    ['an empty object', {}],
    ['70,000 keys', Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))],
    ['70,000 items', Array.from({ length: 70_000 }, (_, i) => i)],
    ['nesting of 65', nest(65)],
    [
      'a Map with objects as keys',
      new Map<unknown, unknown>([
        [{ a: 1 }, [1]],
        [-0, Number.NaN],
      ]),
    ],
    ['an empty Map in an object', { m: new Map(), s: new Set() }],
    ['a Set', new Set([1, '1', 1n])],
    ['a RegExp', /a\/b/dgimsuy],
    ['an Error', Object.assign(new RangeError('far'), {})],
    ['an empty Buffer', Buffer.alloc(0)],
    ['an empty Uint8Array', new Uint8Array(0)],
    ['a Buffer in an object', { b: Buffer.from('abc'), u: new Uint8Array([1]) }],
    ['a view of part of its memory', { f: new Float64Array(new ArrayBuffer(64), 8, 3), d: new DataView(new ArrayBuffer(9), 1, 3) }],
    ['a string of 100,000 in an object', { a: 'x'.repeat(100_000) }],
    ['boxed values', [Object(1), Object('s'), Object(true), Object(1n)]],
  ];

  it.each(traps)('%s', (_name, value) => {
    same(back(value), value);
    if (typeof value === 'object' && value !== null) same(back({ nested: [value] }), { nested: [value] });
  });

  // By hand: a comparison that recurses ends before the codec does.
  it('nesting of 900', () => {
    let [actual, expected] = [back(nest(900)), nest(900)];
    for (let level = 0; level < 900; level++) {
      expect(Array.isArray(actual)).toBe(Array.isArray(expected));
      expect(Object.keys(actual as object)).toEqual(Object.keys(expected as object));
      [actual] = Object.values(actual as object);
      [expected] = Object.values(expected as object);
    }
    expect([actual, expected]).toEqual(['bottom', 'bottom']);
  });

  // Since Node 22 deepStrictEqual believes what it says of itself, so it is compared with one that says nothing.
  it('a typed array that names itself another', () => {
    const impostor = Object.defineProperty(new Int16Array([1, -2]), 'constructor', { value: Buffer, enumerable: false });
    same(back(impostor), new Int16Array([1, -2]));
    same(back([impostor]), [new Int16Array([1, -2])]);
  });

  it("a user's class with the name of one of the platform's is a class instance like any other", () => {
    class Blob {
      size = 1;
      get [Symbol.toStringTag]() {
        return 'Blob';
      }
    }
    same(back(new Blob()), { size: 1 });
  });

  it('a string that is shorter as UTF-8 is stored so', () => {
    expect(kindOf('ascii é')).toBe(ValueKind.LATIN1);
    expect(kindOf('mostly ascii, one €')).toBe(ValueKind.UTF8);
    expect(kindOf('日本語')).toBe(ValueKind.UTF16);
    expect(kindOf('😀')).toBe(ValueKind.UTF8);
    expect(kindOf('ascii \ud800')).toBe(ValueKind.UTF16);
  });

  it('references that repeat, and cycles', () => {
    const twice = back({ a: shared, b: [shared], c: shared.deep }) as { a: typeof shared; b: (typeof shared)[]; c: number[] };
    same(twice, { a: shared, b: [shared], c: shared.deep });
    expect(twice.a === twice.b[0] && twice.c === twice.a.deep).toBe(true);
    const loop = back(cycle) as typeof cycle;
    expect(loop.self).toBe(loop);
    const many = Array.from({ length: 40 }, (_, i): object => ({ i }));
    const list = back([...many, many[30]]) as object[];
    expect(list[40]).toBe(list[30]);
  });

  it('what is promised to be lost', () => {
    class Point {
      x = 1;
      #y = 2;
      get sum() {
        return this.x + this.#y;
      }
    }
    same(back(new Point()), { x: 1 });
    same(back([Object.assign(Object.create(null), { a: 1 })]), [{ a: 1 }]);
    same(
      back({
        get a() {
          return 5;
        },
      }),
      { a: 5 },
    );
    same(back(new (class extends Map<number, number> {})([[1, 2]])), new Map([[1, 2]]));
    same(back(new (class extends Date {})(5)), new Date(5));
    same(back(new (class extends Array<number> {})(1, 2, 3)), [1, 2, 3]);
    same(back(runInNewContext('({ a: [1, new Date(3)], b: new Uint8Array([1]) })')), { a: [1, new Date(3)], b: new Uint8Array([1]) });
    same(back(Object.defineProperty({ a: 1 }, 'hidden', { value: 1 })), { a: 1 });
    same(back(Object.assign(new Point(), { [Symbol('meta')]: 1 })), { x: 1 });
  });

  it('a getter is asked once by what is stored', () => {
    let asked = 0;
    const value = {
      get a() {
        return asked++ === 0 ? -0 : () => 1;
      },
    };
    same(back(value), { a: -0 });
  });

  it('Buffer and Uint8Array keep apart, and own their memory', () => {
    for (const value of [Buffer.from('hello'), new Uint8Array([1, 2, 3])]) {
      const { kind, bytes, start, end } = stored(value);
      const [one, two] = [0, 0].map(() => decodeValue(kind, bytes, start, end) as Uint8Array);
      expect(Object.getPrototypeOf(one)).toBe(Object.getPrototypeOf(value));
      expect(one.buffer.byteLength).toBe(one.byteLength);
      one.fill(0xff);
      deepStrictEqual(two, value);
      value.fill(0);
      deepStrictEqual(decodeValue(kind, bytes, start, end), two);
    }
    const nested = back([Buffer.from('ab'), new Uint16Array([1, 2]), Buffer.from('cd')]) as Uint8Array[];
    for (const view of nested) expect(view.buffer.byteLength).toBe(view.byteLength);
    nested[0].fill(9);
    deepStrictEqual(nested.slice(1), [new Uint16Array([1, 2]), Buffer.from('cd')]);
  });
});

function nest(levels: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { a: value } : [value];
  return value;
}

describe('values that wait for each other', () => {
  it('keep apart until written', () => {
    const values = [1.5, -0, new Date(7), 10n, { a: 1 }, { a: 2 }, [new Map([[1, 2]])], Buffer.from('x'), 'text', '€', 2.5];
    const waiting = values.map((value) => {
      const encoded = new EncodedValue();
      encodeValue(value, encoded);
      detach(encoded);
      return encoded;
    });
    (values[7] as Buffer).fill(0);
    const results = waiting.map((encoded) => {
      const bytes = Buffer.alloc(encoded.length);
      writeValue(encoded, bytes, 0);
      return decodeValue(encoded.kind, bytes, 0, bytes.length);
    });
    values[7] = Buffer.from('x');
    same(results, values);
  });

  it('one encoder serves value after value', () => {
    const encoded = new EncodedValue();
    for (const value of ['a', 1, Buffer.from('b'), null, '€', true, new Date(1), 'c', {}, 5n, '\ud800', 2]) {
      const { kind, bytes, start, end } = stored(value, encoded);
      same(decodeValue(kind, bytes, start, end), value);
    }
  });
});
