// What can't be stored is refused by name and place, and bytes that are no value are refused in bounded time and memory.
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue, EncodedValue, encodeValue, MAX_VALUE_BYTES, ValueKind, writeValue } from '../src/log/codec.js';

function refused(value: unknown): Error & { code: string; cause?: unknown } {
  try {
    encodeValue(value, new EncodedValue());
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('the value was taken');
}

// The types of Node leave WebAssembly to those of browsers.
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Memory: new (size: { initial: number }) => object };
};
const wasm = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
const withRoot = Object.assign(Object.create({ inherited: 1 }), { a: () => 1 });

describe('what can not be stored is a TypeError before anything is written', () => {
  const table: [string, unknown, RegExp][] = [
    ['undefined', undefined, /undefined/],
    ['a function', () => 1, /function/],
    ['a class', class {}, /function/],
    ['a symbol', Symbol('s'), /symbol/],
    ['a function in an object', { a: [1, 2, 3, { fn() {} }] }, /\.a\[3\]\.fn$/],
    ['a symbol in an array', [[Symbol('s')]], /at \[0\]\[0\]$/],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, /symbol as a key.*\.a$/],
    ['a function in a class instance', { x: withRoot }, /\.x\.a$/],
    ['a function in a Map', { m: new Map([[1, () => 1]]) }, /\.m<value 0>$/],
    ['a function as the key of a Map', new Map([[() => 1, 1]]), /<key 0>$/],
    ['a function in a Set', { s: new Set([1, () => 1]) }, /\.s<item 1>$/],
    ['a function on an array', Object.assign([1], { fn() {} }), /\[fn\]$/],
    ['a function far along a long array', [...Array.from({ length: 5000 }, () => 0), () => 1], /\[5000\]$/],
    [
      'a function a getter returns',
      {
        get a() {
          return () => 1;
        },
      },
      /could not be cloned/,
    ],
    ['a function in the cause of an Error', new Error('x', { cause: () => 1 }), /could not be cloned/],
    ['a promise', { a: Promise.resolve() }, /Promise.*\.a$/],
    ['a WeakMap', { a: new WeakMap() }, /WeakMap.*\.a$/],
    ['a WeakRef', [new WeakRef({})], /WeakRef/],
    ['a Proxy of a plain object', [new Proxy({ a: 1 }, {})], /Proxy.*\[0\]$/],
    ['shared memory', { a: new SharedArrayBuffer(8) }, /shared memory.*\.a$/],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(8)), /shared memory/],
    ['a view of shared memory in an object', { a: new Int32Array(new SharedArrayBuffer(8)) }, /shared memory.*\.a$/],
    ['a WebAssembly module', { a: wasm }, /WebAssembly.*\.a$/],
    ['a WebAssembly memory', [new WebAssembly.Memory({ initial: 1 })], /WebAssembly.*\[0\]$/],
    ['a Blob', { a: new Blob(['x']) }, /Blob/],
    ['a Blob by itself', new Blob(['x']), /Blob/],
    ['a URL', { a: new URL('http://host/path') }, /URL.*\.a$/],
    ['a URLSearchParams', [new URLSearchParams('a=1')], /URLSearchParams.*\[0\]$/],
    ['Headers', { a: new Headers({ b: 'c' }) }, /Headers.*\.a$/],
    ['an AbortSignal', { a: new AbortController().signal }, /AbortSignal.*\.a$/],
    ['an iterator', { a: [1].values() }, /could not be cloned/],
    ['a boxed symbol', { a: Object(Symbol('s')) }, /symbol.*\.a$/],
    ['nesting that could not be read back', Array.from({ length: 1500 }).reduce((inner) => ({ a: inner }), 1), /nesting deeper than 1000/],
    ['nesting without end', Array.from({ length: 100_000 }).reduce((inner) => [inner], 1), /nesting deeper than 1000/],
    ['a detached buffer', detachedBytes(), /detached/],
  ];

  it.each(table)('%s', (_name, value, message) => {
    const error = refused(value);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_VALUE_INVALID');
    expect(error.message).toMatch(message);
  });

  it('keeps the cause', () => {
    const cause = new Error('from the getter');
    const value = {
      get a(): number {
        throw cause;
      },
    };
    expect(refused(value).cause).toBe(cause);
    expect(refused(new Map([[1, value]])).cause).toBe(cause);
    expect(refused([() => 1]).cause).toBeInstanceOf(Error);
  });

  it('more than the limit is a RangeError', () => {
    const error = refused(new Uint8Array(MAX_VALUE_BYTES + 1));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.code).toBe('ERR_VALUE_TOO_LARGE');
  });

  it('a refusal leaves the encoder usable, and values after it right', () => {
    const encoded = new EncodedValue();
    for (const bad of [[1, () => 1], { a: 'x'.repeat(70_000), b: Symbol('s') }, undefined]) {
      expect(() => encodeValue(bad, encoded)).toThrow(TypeError);
      encodeValue({ fine: [1] }, encoded);
      deepStrictEqual(decoded(encoded), { fine: [1] });
    }
  });

  it('a getter that stores a value itself does not disturb the one around it', () => {
    const inner = new EncodedValue();
    const outer = new EncodedValue();
    encodeValue(
      {
        a: 'before',
        get b() {
          encodeValue({ inner: [1, 2] }, inner);
          return 'own';
        },
        c: 'after',
      },
      outer,
    );
    deepStrictEqual(decoded(outer), { a: 'before', b: 'own', c: 'after' });
    deepStrictEqual(decoded(inner), { inner: [1, 2] });
  });
});

function detachedBytes(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function decoded(encoded: EncodedValue): unknown {
  const bytes = Buffer.alloc(encoded.length);
  writeValue(encoded, bytes, 0);
  return decodeValue(encoded.kind, bytes, 0, bytes.length);
}

// A decoder may take garbage for a value, but then a small one: never more than a little memory and time.
function bounded(kind: number, bytes: Buffer): void {
  const before = process.memoryUsage();
  const started = performance.now();
  try {
    decodeValue(kind, bytes, 0, bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
  const after = process.memoryUsage();
  expect(performance.now() - started).toBeLessThan(2000);
  expect(after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers).toBeLessThan(200e6);
}

describe('bytes that are no value', () => {
  const kinds = [...Object.values(ValueKind), 0, 14, 255, -1];
  const lengths = [0x7fffffff, 0xffffffff, 0x00ffffff];
  const bombs = lengths.flatMap((length) =>
    [0xdd, 0xdf, 0xdb, 0xc6, 0xc9].map((tag) => {
      const head = Buffer.from([tag, 0, 0, 0, 0]);
      head.writeUInt32BE(length, 1);
      return head;
    }),
  );

  it('headers that promise gigabytes', () => {
    for (const bomb of bombs) {
      bounded(ValueKind.MSGPACK, bomb);
      expect(() => decodeValue(ValueKind.MSGPACK, bomb, 0, bomb.length)).toThrow();
      bounded(ValueKind.MSGPACK, Buffer.concat([Buffer.from([0x91]), bomb, Buffer.alloc(100)]));
      bounded(ValueKind.MSGPACK, Buffer.concat(Array.from({ length: 2000 }, () => bomb)));
    }
    bounded(ValueKind.MSGPACK, Buffer.alloc(200_000, 0x91));
    bounded(ValueKind.MSGPACK, Buffer.alloc(15_000, 0x9f));
    for (const tag of 'AaoDZ\\"cSBV;\'rRE') {
      for (const rest of [[0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0x7f], [0x00], []]) {
        bounded(ValueKind.V8, Buffer.from([0xff, 0x0f, tag.charCodeAt(0), ...rest]));
      }
    }
    bounded(ValueKind.V8, Buffer.concat([Buffer.from([0xff, 0x0f]), Buffer.alloc(200_000, 'o')]));
  });

  it('lengths that do not fit the kind', () => {
    for (const kind of [ValueKind.NUMBER, ValueKind.DATE]) expect(() => decodeValue(kind, Buffer.alloc(7), 0, 7)).toThrow();
    expect(() => decodeValue(ValueKind.UTF16, Buffer.alloc(3), 0, 3)).toThrow();
    expect(() => decodeValue(ValueKind.BIGINT, Buffer.alloc(1), 0, 1)).toThrow();
    expect(() => decodeValue(ValueKind.BIGINT, Buffer.from([2, 1]), 0, 2)).toThrow();
    expect(() => decodeValue(0, Buffer.alloc(8), 0, 8)).toThrow();
    for (const kind of [ValueKind.MSGPACK, ValueKind.V8]) expect(() => decodeValue(kind, Buffer.alloc(8), 0, 0)).toThrow();
  });

  it('garbage of any kind', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 400 }), (kind, bytes) => bounded(kind, Buffer.from(bytes))),
      { numRuns: 5000 },
    );
  });

  it('values cut short, or with a byte changed', () => {
    const value = { id: 7, name: 'a name', list: [1.5, 2, 300, 70_000, undefined, null], when: new Date(5), deep: { text: 'x'.repeat(300) } };
    for (const each of [value, { ...value, map: new Map([[1, new Float64Array(3)]]), big: 2n ** 80n }]) {
      const encoded = new EncodedValue();
      encodeValue(each, encoded);
      const whole = Buffer.alloc(encoded.length);
      writeValue(encoded, whole, 0);
      for (let length = 0; length < whole.length; length++) bounded(encoded.kind, whole.subarray(0, length));
      fc.assert(
        fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const bytes = Buffer.from(whole);
          bytes[at] ^= change;
          bounded(encoded.kind, bytes);
        }),
        { numRuns: 2000 },
      );
      // What went wrong before leaves nothing behind.
      deepStrictEqual(decodeValue(encoded.kind, whole, 0, whole.length), each);
    }
  });
});
