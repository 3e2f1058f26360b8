// A file that may not grow any more: new entries are refused or old ones go, the bound holds, and what is kept is right.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { assertClear, equal, outcome } from '../room.js';
import type { Case } from './case.js';

const OPTIONS = { segmentSize: 2 ** 16, maxSize: 2 ** 20 };
const ROUNDS = 400;

export const full: readonly Case[] = [
  {
    name: 'what is refused is refused clearly, what is kept is right, and the file stays within its size',
    async run(room) {
      const adapter = await room.open(OPTIONS);
      const text = room.settings.values.some(([, value]) => typeof value === 'string');
      const valueAt = (i: number) => (text ? `${i} `.repeat(2000) : Buffer.alloc(8000, i));
      const stored: number[] = [];
      let refused: unknown;
      for (let i = 0; i < ROUNDS && refused === undefined; i++) {
        const { error } = await outcome(() => adapter.set(`key-${i}`, valueAt(i)));
        if (error === undefined) stored.push(i);
        else refused = error;
      }
      assert.ok(statSync(room.path).size <= OPTIONS.maxSize, 'the file is no larger than maxSize');
      assert.ok(stored.length >= 20, 'a part of maxSize at least is of use');
      if (refused !== undefined) {
        assertClear(refused, 'set() into a full file');
        assert.ok(stored.length < ROUNDS, 'it was full when it said so');
        for (const i of stored) equal(await adapter.get(`key-${i}`), valueAt(i), `key-${i}`);
        for (const i of stored.slice(0, stored.length / 2)) await adapter.delete(`key-${i}`);
        await adapter.set('afterwards', valueAt(0));
        equal(await adapter.get('afterwards'), valueAt(0), 'what is set when there is room again');
      } else {
        equal(await adapter.get(`key-${ROUNDS - 1}`), valueAt(ROUNDS - 1), 'the last one that was set');
        for (const i of stored) {
          const read = await adapter.get(`key-${i}`);
          if (read !== room.settings.missing) equal(read, valueAt(i), `key-${i}`);
        }
      }
    },
  },
];
