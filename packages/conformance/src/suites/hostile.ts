// Keys and values that nobody sends on purpose: the contract holds or the error is clear, and nothing is lost either way.
import assert from 'node:assert/strict';
import { hostileKeys, impossibleKeys } from '../material/keys.js';
import { hostileValues } from '../material/values.js';
import { assertClear, equal, keysOf, outcome, type Room, show } from '../room.js';
import type { Case } from './case.js';

export const hostile: readonly Case[] = [
  {
    name: 'every key names an entry of its own',
    async run(room) {
      const adapter = await room.open();
      const { values } = room.settings;
      const valueAt = (i: number) => values[i % values.length][1];
      for (const [i, key] of hostileKeys.entries()) await adapter.set(key, valueAt(i));
      for (const [i, key] of hostileKeys.entries()) equal(await adapter.get(key), valueAt(i), `get(${show(key)})`);
      if (!room.settings.without.has('keys')) assert.deepEqual((await keysOf(adapter)).sort(), [...hostileKeys].sort(), 'keys() gives them as they were set');
      // One by one, so that a key which takes another with it is seen.
      for (const [i, key] of hostileKeys.entries()) {
        await adapter.delete(key);
        assert.deepEqual(await adapter.get(key), room.settings.missing, `${show(key)} is deleted`);
        for (const [j, other] of hostileKeys.entries())
          if (j > i) equal(await adapter.get(other), valueAt(j), `get(${show(other)}) when ${show(key)} is deleted`);
      }
    },
  },
  {
    name: 'a key that is empty or longer than 64 KiB is kept, or refused clearly',
    async run(room) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      await adapter.set('other', value);
      for (const key of impossibleKeys) {
        const { error } = await outcome(() => adapter.set(key, value));
        if (error === undefined) equal(await adapter.get(key), value, `get(${show(key)})`);
        else assertClear(error, `set(${show(key)})`);
        // A read of it is a miss or a clear error too.
        if (error !== undefined) {
          const read = await outcome(() => adapter.get(key));
          if (read.error === undefined) assert.deepEqual(read.result, room.settings.missing, `get(${show(key)})`);
          else assertClear(read.error, `get(${show(key)})`);
        }
        await room.present(adapter, 'other', value);
      }
    },
  },
  {
    name: 'a value that can not be kept is refused clearly and leaves the old one, or is changed as the contract says',
    async run(room) {
      const adapter = await room.open();
      const [, before] = room.settings.values[0];
      for (const [label, value] of hostileValues) {
        await adapter.set('k', before);
        const { error } = await outcome(() => adapter.set('k', value));
        if (error === undefined) await assertKept(room, label, value, await adapter.get('k'));
        else {
          assertClear(error, `set() of ${label}`);
          await room.present(adapter, 'k', before);
        }
      }
      await adapter.set('k', before);
      await room.present(adapter, 'k', before);
    },
  },
  {
    name: 'a large value comes back, or is refused clearly and leaves the old one',
    async run(room) {
      const { largeValue, values } = room.settings;
      if (largeValue === 0) return;
      const adapter = await room.open();
      const [, before] = values[0];
      await adapter.set('other', before);
      const larges: unknown[] = [];
      if (values.some(([, value]) => typeof value === 'string')) larges.push('mapstone'.repeat(largeValue / 8));
      if (values.some(([, value]) => Buffer.isBuffer(value))) larges.push(Buffer.alloc(largeValue, 'mapstone'));
      for (const large of larges) {
        await adapter.set('k', before);
        const { error } = await outcome(() => adapter.set('k', large));
        if (error === undefined) equal(await adapter.get('k'), large, 'get()');
        else {
          assertClear(error, 'set() of a large value');
          await room.present(adapter, 'k', before);
        }
        await room.present(adapter, 'other', before);
      }
    },
  },
];

/** Kept means: reads back as it is, or as the contract's rule makes of it. A set of nothing (undefined, null) may delete. */
async function assertKept(room: Room, label: string, value: unknown, read: unknown): Promise<void> {
  const nothing = value === undefined || value === null;
  if (nothing && Object.is(read, room.settings.missing)) return;
  const expected = await outcome(() => room.settings.readsAs(value));
  assert.equal(expected.error, undefined, `set() of ${label} is refused, since the contract can not carry it`);
  if (expected.result === undefined) assert.deepEqual(read, room.settings.missing, `set() of ${label} is refused, or reads as a miss`);
  else equal(read, expected.result, `set() of ${label}: what it reads as`);
}
