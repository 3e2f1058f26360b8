// Data written under one major of Keyv reads under the other.

import { Keyv as Keyv5 } from 'keyv';
import { Keyv as Keyv6 } from 'keyv6';
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { keyvSettings } from '../src/settings.js';
import { type AnyKeyv, collect, five, keyvOn, six } from './support/majors.js';

const path = tempPaths();
const values: [string, unknown][] = [
  ['array', [1, 'two', null]],
  ['bytes', Buffer.from([0, 1, 254, 255])],
  ['empty', ''],
  ['false', false],
  ['null', null],
  ['object', { nested: { deep: 'ü' } }],
  ['string', 'plain'],
  ['with:colon', 1],
  ['zero', 0],
];

type Open = (path: string) => AnyKeyv;
const ways: { label: string; open5: Open; open6: Open }[] = [
  { label: 'createKeyv without options', open5: (at) => new Keyv5(keyvSettings(at)), open6: (at) => new Keyv6(keyvSettings(at)) },
  {
    label: 'new Keyv with a namespace, serializer off',
    open5: (at) => keyvOn(at, { ...five, settings: five.serializerOff }),
    open6: (at) => keyvOn(at, { ...six, settings: six.serializerOff }),
  },
  { label: 'new Keyv with a namespace, default serializers', open5: (at) => keyvOn(at, five), open6: (at) => keyvOn(at, six) },
];

for (const { label, open5, open6 } of ways) {
  for (const [from, to, openFrom, openTo] of [
    [5, 6, open5, open6],
    [6, 5, open6, open5],
  ] as const) {
    describe(`${label}: keyv ${from} writes, keyv ${to} reads`, () => {
      it('every value, by each way of reading', async () => {
        const at = path();
        const writer = openFrom(at);
        for (const [key, value] of values) await writer.set(key, value, 3_600_000);
        await writer.disconnect();
        const reader = openTo(at);
        for (const [key, value] of values) expect(await reader.get(key)).toEqual(value);
        const keys = values.map(([key]) => key);
        expect(await reader.getMany(keys)).toEqual(values.map(([, value]) => value));
        expect(await reader.hasMany(keys)).toEqual(keys.map(() => true));
        expect(await collect(reader.iterator())).toEqual(values);
        await reader.disconnect();
      });

      it('the expiry, to the millisecond', async () => {
        const at = path();
        const [writer, reader] = [openFrom(at), openTo(at)];
        await writer.set('k', 'v', 60_000);
        const { expires } = await writer.getRaw('k');
        expect((await reader.getRaw('k')).expires).toBe(expires);
        await writer.setMany([{ key: 'm', value: 'v', ttl: 60_000 }]);
        expect((await reader.getRaw('m')).expires).toBe((await writer.getRaw('m')).expires);
      });

      it('deletes and clears what the other wrote', async () => {
        const at = path();
        const [writer, reader] = [openFrom(at), openTo(at)];
        await writer.set('a', 1);
        await writer.set('b', 1);
        expect(await reader.delete('a')).toBe(true);
        expect(await writer.has('a')).toBe(false);
        await reader.clear();
        expect(await writer.has('b')).toBe(false);
      });
    });
  }
}
