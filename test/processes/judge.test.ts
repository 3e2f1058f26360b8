// The judge of rows 14 and 15 itself: it finds each kind of wrong answer in a store that gives it on purpose.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore, type Store } from '../../packages/engine/src/index.js';
import { Board } from './board.mjs';
import {
  BATCH_KEYS,
  batchKey,
  batchValue,
  contendedKey,
  contendedValue,
  History,
  kindOf,
  ownedKey,
  ownedValue,
  STABLE,
  stableKey,
  stableValue,
} from './history.mjs';

let directory = '';
let board: Board;
let store: Store;
let history: History;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-judge-'));
  board = Board.create(join(directory, 'board'));
  store = openStore(join(directory, 'store'), { flush: 'manual' });
  history = new History(board);
});
afterEach(() => {
  store.close();
  board.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The first writes of key 0 from number `from` on that are of this kind. */
const [first, second] = [1, 2, 3, 4, 5, 6, 7].filter((n) => kindOf(0, n) === 'set');
const gone = [1, 2, 3, 4, 5, 6, 7].find((n) => kindOf(0, n) === 'delete') as number;

describe('a key of one writer', () => {
  const set = (n: number, value = ownedValue(0, 0, n, 0)) => store.set(ownedKey(0, 0), value);
  const read = () => history.readOwned(store, 0, 0);

  test('is right if it holds what returned last, or what was begun since', () => {
    read();
    board.started(0, 0, first);
    read();
    set(first);
    read();
    board.returned(0, 0, first);
    read();
    board.started(0, 0, gone);
    store.delete(ownedKey(0, 0));
    read();
  });

  test.each<[string, () => void]>([
    ['is missing', () => [board.started(0, 0, first), board.returned(0, 0, first)]],
    ['is older than what returned', () => [set(first), board.started(0, 0, second), board.returned(0, 0, second)]],
    ['is newer than what was begun', () => set(first)],
    ['was never written so', () => [board.started(0, 0, first), set(first, `${ownedValue(0, 0, first, 0)}!`)]],
    ['is that of a delete', () => [board.started(0, 0, gone), set(gone)]],
    ['has expired', () => [board.started(0, 0, first), set(first, ownedValue(0, 0, first, 1))]],
  ])('is wrong if it %s', (_what, make) => {
    make();
    expect(read).toThrow();
  });

  test('is wrong if it goes back to what this reader had seen before', () => {
    board.started(0, 0, second);
    set(second);
    read();
    set(first);
    expect(read).toThrow('seen before');
  });
});

describe('a key of several writers', () => {
  const set = (writer: number, number: number) => store.set(contendedKey(0), contendedValue(0, writer, number));
  const read = () => history.readContended(store, 0);
  beforeEach(() => {
    for (const member of [0, 1]) for (let i = 0; i < 5; i++) board.nextNumber(member);
  });

  test('is right if each writer goes forward', () => {
    for (const [writer, number] of [
      [0, 1],
      [1, 1],
      [1, 1],
      [0, 2],
      [1, 5],
    ]) {
      set(writer, number);
      read();
    }
  });

  test.each([
    [
      'goes back',
      [
        [0, 2],
        [0, 1],
      ],
    ],
    [
      'comes again after another',
      [
        [0, 1],
        [1, 1],
        [0, 1],
      ],
    ],
    ['is one that was never begun', [[0, 6]]],
  ])('is wrong if it %s', (_what, writes) => {
    expect(() => {
      for (const [writer, number] of writes) {
        set(writer, number);
        read();
      }
    }).toThrow();
  });

  test('is wrong if it comes again after it was deleted', () => {
    set(0, 1);
    read();
    store.delete(contendedKey(0));
    read();
    set(0, 1);
    expect(read).toThrow('again');
  });
});

test('a batch is wrong if it is seen by half, also as half gone', () => {
  board.nextNumber(0);
  board.nextNumber(0);
  const set = (i: number, number: number) => store.set(batchKey(0, i), batchValue(0, 0, number));
  for (let i = 0; i < BATCH_KEYS; i++) set(i, 1);
  history.readBatch(store, 0);
  set(1, 2);
  expect(() => history.readBatch(store, 0)).toThrow('half done');
  set(1, 1);
  store.delete(batchKey(0, 3));
  expect(() => history.readBatch(store, 0)).toThrow('half done');
});

test('a key that is there throughout is wrong if a read or a walk does not meet it', () => {
  store.setMany(Array.from({ length: STABLE }, (_, i) => ({ key: stableKey(i), value: stableValue(i) })));
  history.walk(store);
  history.readStable(store, 5);
  store.delete(stableKey(5));
  expect(() => history.readStable(store, 5)).toThrow('never deleted');
  expect(() => history.walk(store)).toThrow('0 times');
});
