// What any cache or store does on a good day.
import assert from 'node:assert/strict';
import { equal, keysOf } from '../room.js';
import type { Case } from './case.js';

export const works: readonly Case[] = [
  {
    name: 'what is not there is a miss',
    run: async (room) => room.absent(await room.open(), 'nothing'),
  },
  {
    name: 'what was set is there, until it is set again or deleted',
    async run(room) {
      const adapter = await room.open();
      const [[, first], [, second]] = pair(room.settings.values);
      await adapter.set('k', first);
      await room.present(adapter, 'k', first);
      await adapter.set('k', second);
      await room.present(adapter, 'k', second);
      const was = await adapter.delete('k');
      if (typeof was === 'boolean') assert.equal(was, true, 'delete() of an entry that is there');
      await room.absent(adapter, 'k');
    },
  },
  {
    name: 'deleting what is not there is no error',
    async run(room) {
      const was = await (await room.open()).delete('k');
      if (typeof was === 'boolean') assert.equal(was, false, 'delete() of an entry that is not there');
    },
  },
  {
    name: 'every value comes back as what it was',
    async run(room) {
      const adapter = await room.open();
      for (const [label, value] of room.settings.values) {
        await adapter.set('k', value);
        equal(await adapter.get('k'), value, label);
      }
    },
  },
  {
    name: 'what is read is a copy',
    async run(room) {
      const mutable = room.settings.values.find(
        ([, value]) => typeof value === 'object' && value !== null && Object.isExtensible(value) && !ArrayBuffer.isView(value),
      );
      if (mutable === undefined) return;
      const adapter = await room.open();
      const value = structuredClone(mutable[1]) as Record<string, unknown>;
      await adapter.set('k', value);
      value.added = 'after the set';
      ((await adapter.get('k')) as Record<string, unknown>).added = 'to what was read';
      assert.deepEqual(await adapter.get('k'), mutable[1]);
    },
  },
  {
    name: 'keys() lists each key once',
    needs: ['keys'],
    async run(room) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      const keys = Array.from({ length: 500 }, (_, i) => `key-${i}`);
      for (const key of keys) await adapter.set(key, value);
      await adapter.set('key-0', value);
      assert.deepEqual((await keysOf(adapter)).sort(), keys.sort());
    },
  },
  {
    name: 'clear() leaves nothing, and what is set afterwards stays',
    needs: ['clear'],
    async run(room) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      for (const key of ['a', 'b', 'c']) await adapter.set(key, value);
      await adapter.clear!();
      await room.absent(adapter, 'a', 'b', 'c');
      await adapter.set('b', value);
      await room.present(adapter, 'b', value);
    },
  },
];

/** Two values that differ; the suite can't do with less. */
function pair<T>(values: readonly T[]): [T, T] {
  assert.ok(values.length >= 2, 'the option `values` has at least two');
  return [values[0], values[1]];
}
