// What goes in comes back, through each major with its serializer on and off.
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { keyvOn, setups } from './support/majors.js';

const path = tempPaths();

const everywhere: [string, unknown][] = [
  ['an empty string', ''],
  ['a string', 'plain'],
  ['a string that looks like an envelope', '{"value":"x","expires":1}'],
  ['Unicode', 'ü 漢 😀 \u0000'],
  ['0', 0],
  ['a number', -1.5],
  ['false', false],
  ['true', true],
  ['null', null],
  ['an array', [1, 'two', [null]]],
  ['an object', { a: { b: [{}] } }],
  ['an object that looks like an envelope', { value: 1, expires: 1 }],
  ['an envelope in an envelope', { value: { value: 'x' } }],
  ['a Buffer', Buffer.from([0, 127, 128, 255])],
  ['an empty Buffer', Buffer.alloc(0)],
  ['an object with a Buffer', { bytes: Buffer.from('abc') }],
];

const serializerOff: [string, unknown][] = [
  ['a Date', new Date(0)],
  [
    'a Map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, new Set([3])],
    ]),
  ],
  ['a Set', new Set(['a', 1])],
  ['a bigint', 2n ** 80n],
  ['NaN', NaN],
  ['-0', -0],
  ['Infinity', Infinity],
  ['a typed array', new Float64Array([1.5, -0])],
  ['a Uint8Array', new Uint8Array([1, 2, 3])],
  ['undefined in an object', { a: undefined }],
  ['a lone surrogate', '\ud800'],
];

for (const setup of setups) {
  const cases = setup.label.endsWith('off') ? [...everywhere, ...serializerOff] : everywhere;

  describe(`values, ${setup.label}`, () => {
    it.each(cases)('%s', async (_, value) => {
      const keyv = keyvOn(path(), setup);
      expect(await keyv.set('k', value)).toBe(true);
      await keyv.setMany([{ key: 'm', value, ttl: 60_000 }]);
      expect(await keyv.get('k')).toStrictEqual(value);
      expect(await keyv.getMany(['k', 'm'])).toStrictEqual([value, value]);
      expect(await keyv.has('k')).toBe(true);
      expect((await keyv.getRaw('m')).value).toStrictEqual(value);
      for await (const [, found] of keyv.iterator()) expect(found).toStrictEqual(value);
    });

    it('undefined: there, and undefined', async () => {
      const keyv = keyvOn(path(), setup);
      expect(await keyv.set('k', undefined, 60_000)).toBe(true);
      expect([await keyv.get('k'), await keyv.has('k'), await keyv.getMany(['k'])]).toEqual([undefined, true, [undefined]]);
      expect((await keyv.getRaw('k')).expires).toBeGreaterThan(Date.now());
    });

    it('a Buffer is a Buffer again', async () => {
      const keyv = keyvOn(path(), setup);
      await keyv.set('k', Buffer.from('abc'));
      expect(Buffer.isBuffer(await keyv.get('k'))).toBe(true);
    });
  });
}
