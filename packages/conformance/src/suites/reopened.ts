// Closed and opened again: exactly what was there.
import { equal } from '../room.js';
import type { Case } from './case.js';

export const reopened: readonly Case[] = [
  {
    name: 'every value is there again',
    async run(room) {
      const before = await room.open();
      for (const [label, value] of room.settings.values) await before.set(label, value);
      await before.close();
      const after = await room.open();
      for (const [label, value] of room.settings.values) equal(await after.get(label), value, label);
    },
  },
  {
    name: 'what was deleted stays away, and what was set last is what counts',
    async run(room) {
      const [[, old], [, last]] = room.settings.values;
      const before = await room.open();
      await before.set('gone', old);
      await before.set('kept', old);
      await before.set('kept', last);
      await before.delete('gone');
      await before.close();
      const after = await room.open();
      await room.absent(after, 'gone');
      await room.present(after, 'kept', last);
    },
  },
  {
    name: 'what was cleared stays away',
    needs: ['clear'],
    async run(room) {
      const [, value] = room.settings.values[0];
      const before = await room.open();
      await before.set('a', value);
      await before.clear!();
      await before.set('b', value);
      await before.close();
      const after = await room.open();
      await room.absent(after, 'a');
      await room.present(after, 'b', value);
    },
  },
  {
    name: 'an expiry goes on while the file is closed',
    needs: ['ttl'],
    async run(room, clock) {
      const [, value] = room.settings.values[0];
      const before = await room.open();
      await before.set('short', value, 1000);
      await before.set('long', value, 60_000);
      await before.close();
      clock.pass(1001);
      const after = await room.open();
      await room.absent(after, 'short');
      await room.present(after, 'long', value);
      clock.pass(60_000);
      await room.absent(after, 'long');
    },
  },
];
