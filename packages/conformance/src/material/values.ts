// Values that must come back as what they were, by what a contract can carry; and those that it must refuse or change by its own rule.

export type Labelled = readonly [label: string, value: unknown];

const strings: Labelled[] = [
  ['an empty string', ''],
  ['a string', 'plain'],
  ['Unicode', 'ü 漢 😀 \0'],
  ['a string that looks like JSON', '{"value":"x","expires":1}'],
  ['a long string', 'ab'.repeat(100_000)],
];

const json: Labelled[] = [
  ...strings,
  ['0', 0],
  ['a fraction', -1.5],
  ['true', true],
  ['false', false],
  ['null in an object', { a: null }],
  ['an empty array', []],
  ['an array', [1, 'two', [null]]],
  ['an object', { a: { b: [{}] } }],
  ['an object that looks like an envelope', { value: 1, expires: 1 }],
];

const any: Labelled[] = [
  ...json,
  ['an object with a toJSON key', { toJSON: 'no function' }],
  ['null', null],
  ['NaN', Number.NaN],
  ['-0', -0],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a bigint', 2n ** 80n],
  ['a Date', new Date(0)],
  ['a Map', new Map<unknown, unknown>([['a', 1]]).set(2, new Set([3]))],
  ['a Set', new Set(['a', 1])],
  ['a Buffer', Buffer.from([0, 127, 128, 255])],
  ['an empty Buffer', Buffer.alloc(0)],
  ['a Uint8Array', new Uint8Array([1, 2, 3])],
  ['a Float64Array', new Float64Array([1.5, -0])],
  ['a Map of Buffers', new Map([['/index', Buffer.from('x')]])],
  ['a lone surrogate', '\ud800'],
];

const bytes: Labelled[] = [
  ['an empty Buffer', Buffer.alloc(0)],
  ['a Buffer', Buffer.from([0, 127, 128, 255])],
  ['a long Buffer', Buffer.alloc(200_000, 7)],
];

export const values = { any, json, string: strings, bytes };

const cyclic: Record<string, unknown> = { name: 'cyclic' };
cyclic.self = cyclic;

/** Each is kept, refused, or changed as the contract says; whatever was there before is never lost by a refusal. */
export const hostileValues: readonly Labelled[] = [
  ['undefined', undefined],
  ['null', null],
  ['NaN', Number.NaN],
  ['a cyclic object', cyclic],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['an object with a function', { run: () => 1 }],
  ['an object with a throwing getter', Object.defineProperty({}, 'x', { enumerable: true, get: () => JSON.parse('no JSON') })],
  ['a bigint', 1n],
];
