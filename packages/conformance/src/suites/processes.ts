// The same file in two processes: each sees at once what the other did, and a process that is killed takes nothing with it.
import assert from 'node:assert/strict';
import { equal } from '../room.js';
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
    name: 'what one process cleared is gone for the other, also where it has read before',
    needs: ['clear'],
    async run(room) {
      const own = await room.open();
      const other = await room.process();
      const { values, missing } = room.settings;
      const [, value] = values[0];
      await own.set('a', value);
      await room.present(own, 'a', value);
      await other.call('clear');
      await room.absent(own, 'a');
      await own.set('a', value);
      equal(await other.call('get', 'a'), value, 'in the other process');
      await own.clear!();
      assert.deepEqual(await other.call('get', 'a'), missing, 'in the other process');
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
      const theirs = numbers.map((i) => other.call('set', `other-${i}`, valueAt(i)));
      const ours = async () => {
        for (const i of numbers) {
          await own.set(`own-${i}`, valueAt(i));
          await new Promise(setImmediate); // so that the answers of the other come in between
        }
      };
      await Promise.all([...theirs, ours()]);
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
      const refused: unknown[] = [];
      const writing = Array.from({ length: 20 * COUNT }, (_, i) =>
        other.call('set', `k-${i}`, valueAt(i)).then(
          () => told.push(i),
          (error) => refused.push(error),
        ),
      );
      while (told.length < COUNT && refused.length === 0) await new Promise(setImmediate);
      if (refused.length > 0) throw refused[0];
      await other.kill();
      await Promise.all(writing);
      for (const i of told) equal(await own.get(`k-${i}`), valueAt(i), `k-${i}`);
      await own.set('afterwards', valueAt(0));
      await room.present(own, 'afterwards', valueAt(0));
    },
  },
];
