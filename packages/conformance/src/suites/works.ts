// What any cache or store does on a good day.
import assert from 'node:assert/strict';
import { copyOf, spoil } from '../material/copies.js';
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
      const [[, first], [, second]] = room.settings.values;
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
        const given = copyOf(value);
        await adapter.set('k', given);
        equal(given, value, `${label}: what set() was given, afterwards`);
        equal(await adapter.get('k'), value, label);
        if (!room.settings.without.has('has')) assert.equal(await adapter.has!('k'), true, `has() where ${label} is kept`);
      }
    },
  },
  {
    name: 'what is read is a copy',
    needs: ['copies'],
    async run(room) {
      const adapter = await room.open();
      for (const [label, value] of room.settings.values) {
        const given = copyOf(value);
        if (given === value) continue; // nothing in it that could change, or it can't be copied
        await adapter.set('k', given);
        spoil(given);
        equal(await adapter.get('k'), value, `${label}, when what was set has changed since`);
        spoil(await adapter.get('k'));
        equal(await adapter.get('k'), value, `${label}, when what was read has changed since`);
      }
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
