// An entry lives until its ttl, and not a millisecond past it. The clock is the test's: nothing sleeps.
import assert from 'node:assert/strict';
import type { Case } from './case.js';

const needs = ['ttl'] as const;

export const expired: readonly Case[] = [
  {
    name: 'an entry is there until its ttl, and never afterwards',
    needs,
    async run(room, clock) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      await adapter.set('k', value, 1000);
      clock.pass(999);
      await room.present(adapter, 'k', value);
      clock.pass(2);
      await room.absent(adapter, 'k');
      const was = await adapter.delete('k');
      if (typeof was === 'boolean') assert.equal(was, false, 'delete() of an entry that has expired');
    },
  },
  {
    name: 'no ttl is no expiry',
    needs,
    async run(room, clock) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      await adapter.set('k', value);
      clock.pass(10 * 365 * 86_400_000);
      await room.present(adapter, 'k', value);
    },
  },
  {
    name: 'a new value brings its own expiry',
    needs,
    async run(room, clock) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      await adapter.set('to-none', value, 1000);
      await adapter.set('to-none', value);
      await adapter.set('to-some', value);
      await adapter.set('to-some', value, 1000);
      await adapter.set('to-more', value, 1000);
      await adapter.set('to-more', value, 5000);
      clock.pass(1001);
      await room.present(adapter, 'to-none', value);
      await room.absent(adapter, 'to-some');
      await room.present(adapter, 'to-more', value);
    },
  },
  {
    name: 'an expired entry can be set again',
    needs,
    async run(room, clock) {
      const adapter = await room.open();
      const [[, old], [, value]] = room.settings.values;
      await adapter.set('k', old, 1000);
      clock.pass(1001);
      await adapter.set('k', value, 1000);
      clock.pass(500);
      await room.present(adapter, 'k', value);
    },
  },
  {
    name: 'a ttl of many years does not wrap around',
    needs,
    async run(room, clock) {
      const adapter = await room.open();
      const [, value] = room.settings.values[0];
      await adapter.set('k', value, 100 * 365 * 86_400_000);
      clock.pass(2 ** 31 + 2 ** 32);
      await room.present(adapter, 'k', value);
    },
  },
];
