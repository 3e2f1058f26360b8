// After close(): nothing works any more, nothing is lost, and nothing hangs.
import assert from 'node:assert/strict';
import type { Adapter } from '../options.js';
import { assertClear, keysOf, outcome } from '../room.js';
import type { Case } from './case.js';

export const closed: readonly Case[] = [
  {
    name: 'every call is refused, and says so',
    async run(room) {
      const { settings } = room;
      const adapter = await room.open();
      const [, value] = settings.values[0];
      await adapter.set('k', value);
      await adapter.close();
      const calls: [string, (closed: Adapter) => unknown][] = [
        ['get', () => adapter.get('k')],
        ['set', () => adapter.set('late', value)],
        ['delete', () => adapter.delete('k')],
      ];
      if (!settings.without.has('has')) calls.push(['has', () => adapter.has!('k')]);
      if (!settings.without.has('keys')) calls.push(['keys', () => keysOf(adapter)]);
      if (!settings.without.has('clear')) calls.push(['clear', () => adapter.clear!()]);
      for (const [name, call] of calls) {
        const { result, error } = await outcome(() => call(adapter));
        if (settings.closed === 'throws') assert.ok(error !== undefined, `${name}() after close() throws or rejects`);
        if (error !== undefined) assertClear(error, `${name}() after close()`);
        else if (name === 'get') assert.deepEqual(result, settings.missing, 'get() after close() is a miss');
      }
      const again = await room.open();
      await room.present(again, 'k', value);
      await room.absent(again, 'late');
    },
  },
  {
    name: 'closing twice does nothing',
    async run(room) {
      const adapter = await room.open();
      await adapter.close();
      await adapter.close();
    },
  },
  {
    name: 'another handle on the file goes on',
    async run(room) {
      const [one, other] = [await room.open(), await room.open()];
      const [, value] = room.settings.values[0];
      await one.set('k', value);
      await one.close();
      await room.present(other, 'k', value);
      await other.set('l', value);
      await room.present(other, 'l', value);
    },
  },
];
