// The same file in two processes: each sees at once what the other did, and a process that is killed takes nothing with it.
import assert from 'node:assert/strict';
import { equal, outcome } from '../room.js';
import type { Case } from './case.js';

const COUNT = 100;

export const processes: readonly Case[] = [
  {
    name: 'what one process wrote or deleted, the other reads at once, also where it has read before',
    async run(room) {
      const own = await room.open();
      const other = await room.process();
      const { values, missing } = room.settings;
      for (let i = 0; i < COUNT; i++) {
        const [label, value] = values[i % values.length];
        const [, next] = values[(i + 1) % values.length];
        await other.call('set', 'k', value);
        for (let again = 0; again < 2; again++) equal(await own.get('k'), value, label);
        await own.set('k', next);
        for (let again = 0; again < 2; again++) equal(await other.call('get', 'k'), next, `${label}, in the other process`);
      }
      await own.delete('k');
      assert.deepEqual(await other.call('get', 'k'), missing);
    },
  },
  {
    name: 'what one process cleared is gone for the other',
    needs: ['clear'],
    async run(room) {
      const own = await room.open();
      const other = await room.process();
      const [, value] = room.settings.values[0];
      await own.set('a', value);
      await other.call('clear');
      await room.absent(own, 'a');
    },
  },
  {
    name: 'two processes write at once, and all of it is there',
    async run(room) {
      const own = await room.open();
      const other = await room.process();
      const { values } = room.settings;
      const valueAt = (i: number) => values[i % values.length][1];
      const numbers = Array.from({ length: COUNT }, (_, i) => i);
      const theirs = Promise.all(numbers.map((i) => other.call('set', `other-${i}`, valueAt(i))));
      for (const i of numbers) {
        await own.set(`own-${i}`, valueAt(i));
        await new Promise(setImmediate); // so that the answers of the other come in between
      }
      await theirs;
      for (const i of numbers) {
        equal(await own.get(`other-${i}`), valueAt(i), `other-${i}`);
        equal(await other.call('get', `own-${i}`), valueAt(i), `own-${i}`);
      }
    },
  },
  {
    name: 'a process is killed while it writes: what it was told is written is there, and the other goes on',
    async run(room) {
      const own = await room.open();
      const other = await room.process();
      const { values } = room.settings;
      const valueAt = (i: number) => values[i % values.length][1];
      const told: number[] = [];
      const writing = Array.from({ length: 20 * COUNT }, (_, i) => outcome(() => other.call('set', `k-${i}`, valueAt(i)).then(() => told.push(i))));
      while (told.length < COUNT) await new Promise(setImmediate);
      await other.kill();
      await Promise.all(writing);
      for (const i of told) equal(await own.get(`k-${i}`), valueAt(i), `k-${i}`);
      await own.set('afterwards', valueAt(0));
      await room.present(own, 'afterwards', valueAt(0));
    },
  },
];
