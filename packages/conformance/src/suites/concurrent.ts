// Many calls at once, and two handles on one file, as two modules of one program have them.
import assert from 'node:assert/strict';
import { equal, keysOf } from '../room.js';
import type { Case } from './case.js';

const COUNT = 200;

export const concurrent: readonly Case[] = [
  {
    name: 'what one handle wrote, deleted or cleared, the other sees at once',
    async run(room) {
      const [one, other] = [await room.open(), await room.open()];
      const [[, value], [, next]] = room.settings.values;
      await room.absent(other, 'k');
      await one.set('k', value);
      await room.present(other, 'k', value);
      await other.set('k', next);
      await room.present(one, 'k', next);
      await one.delete('k');
      await room.absent(other, 'k');
      if (room.settings.without.has('clear')) return;
      await other.set('k', value);
      await one.clear!();
      await room.absent(other, 'k');
    },
  },
  {
    name: 'sets at once are all there',
    async run(room) {
      const handles = [await room.open(), await room.open()];
      const { values } = room.settings;
      const entries = Array.from({ length: COUNT }, (_, i) => [`key-${i}`, values[i % values.length][1]] as const);
      await Promise.all(entries.map(async ([key, value], i) => handles[i % 2].set(key, value)));
      for (const handle of handles) for (const [key, value] of entries) equal(await handle.get(key), value, key);
    },
  },
  {
    name: 'readers of a key that is being set and deleted get a whole value or a miss',
    async run(room) {
      const handles = [await room.open(), await room.open()];
      const [[, a], [, b]] = room.settings.values;
      const calls: unknown[] = [];
      const reads: Promise<unknown>[] = [];
      for (let i = 0; i < COUNT; i++) {
        // Not awaited: each read starts while the write before it is under way.
        calls.push(i % 5 === 4 ? handles[i % 2].delete('k') : handles[i % 2].set('k', i % 2 === 0 ? a : b));
        reads.push(Promise.resolve(handles[(i + 1) % 2].get('k')));
      }
      const [read] = await Promise.all([Promise.all(reads), Promise.all(calls)]);
      for (const value of read)
        assert.ok(
          [a, b, room.settings.missing].some((one) => isEqual(one, value)),
          'a value that was set, or a miss',
        );
      assert.deepEqual(await handles[0].get('k'), await handles[1].get('k'), 'both handles agree in the end');
    },
  },
  {
    name: 'keys() gives what is there from its start to its end exactly once, whatever is written meanwhile',
    needs: ['keys'],
    async run(room) {
      const adapter = await room.open();
      const [[, value], [, next]] = room.settings.values;
      const stay = Array.from({ length: COUNT }, (_, i) => `stay-${i}`);
      for (const key of stay) await adapter.set(key, value);
      const seen: string[] = [];
      let count = 0;
      for await (const key of await adapter.keys!()) {
        seen.push(key);
        if (++count > 10 * COUNT) break; // an iterator that runs after the new keys would never end
        await adapter.set(`new-${count}`, value);
        await adapter.set(stay[count % COUNT], next);
      }
      assert.deepEqual(seen.filter((key) => key.startsWith('stay-')).sort(), stay.sort());
      assert.equal(new Set(seen).size, seen.length, 'no key comes twice');
      assert.equal(new Set(await keysOf(adapter)).size, stay.length + count);
    },
  },
];

function isEqual(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
