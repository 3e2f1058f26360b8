// Stories that the random tests found, each by itself: what was once lost, and why.

import { describe, expect, test } from 'vitest';
import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { contentsOf } from '../../../../test/support/stores.js';
import { KeyBuffer } from '../../src/hash-index/hash.js';
import * as L from '../../src/layout.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import type { Engine } from '../../src/store/engine.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

const SEGMENT = 4096;
const MAX_SIZE = 1 << 19;
let files = 0;
let now = 1_000_000;

function open(mapping: Mapping, segmentSize = SEGMENT): Store {
  const environment = { now: () => now, random: (count: number) => new Uint8Array(count) };
  return openStoreIn(`/stories/${files++}`, { segmentSize, maxSize: MAX_SIZE, flush: 'manual' }, environment, mapping);
}

/** The disk of another machine, or boot: an identity of its own. */
const after = (disk: SimulatedDisk, seed: number, image = disk.cut()) => new SimulatedDisk(MAX_SIZE + 65536, random(seed), image, `elsewhere ${files}`);

test('a tombstone whose key shares its tag with another one is counted with its own size when it is moved', () => {
  // With a hash key of zeros: the first two keys that can't be told apart by their tags.
  const key = new KeyBuffer(0, 0);
  const seen = new Map<number, string>();
  let pair: [string, string] | undefined;
  for (let i = 0; pair === undefined; i++) {
    key.load(`key ${i}`);
    const other = seen.get(key.tag);
    if (other === undefined) seen.set(key.tag, `key ${i}`);
    else pair = [other, `key ${i}`];
  }
  const [deleted, live] = pair;
  const store = open(new SimulatedDisk(MAX_SIZE + 65536, random(1)));
  // An older segment, so that the tombstone must be kept.
  for (let i = 0; i < 40; i++) store.set(`old ${i}`, 'x'.repeat(100));
  store.set(live, 'y'.repeat(500));
  store.set(deleted, 1);
  store.delete(deleted);
  const { engine } = store as unknown as { engine: Engine };
  const { segment } = engine.core.log;
  for (let round = 0; round < 20; round++) store.set('again', `${round}`.padEnd(400, 'z'));
  engine.locked(() => engine.cleaner.cleanThis(segment));
  expect(store.stats().cleanedSegments).toBe(1);
  expect(store.get(deleted)).toBeUndefined();
  expect(store.get(live)).toBe('y'.repeat(500));
  expect(store.check()).toEqual([]);
  store.close();
});

test('a growth that a power cut took back: the next one does not meet its entries in the table', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const disk = new SimulatedDisk(MAX_SIZE + 65536, random(seed));
    const lost = open(disk);
    for (let i = 0; i < 300; i++) lost.set(`lost ${i}`, 'x'.repeat(200));
    // Not flushed: the table's sectors may be on the disk, the superblock still counts 4 segments.
    const survivor = after(disk, seed);
    const store = open(survivor);
    const expected = new Map<string, string>();
    for (let i = 0; i < 400; i++) {
      store.set(`key ${i}`, `${i}`.repeat(40));
      expected.set(`key ${i}`, `${i}`.repeat(40));
      if (i % 50 === 0) store.flushSync();
    }
    expect(store.check(), `seed ${seed}`).toEqual([]);
    store.flushSync();
    const again = open(after(survivor, seed));
    expect(contentsOf(again), `seed ${seed}`).toEqual(expected);
    expect(again.check(), `seed ${seed}`).toEqual([]);
    for (const one of [lost, store, again]) one.close();
  }
});

test('a large value that expired and was cleaned away does not stop the rebuild', () => {
  const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
  const store = open(disk);
  for (let round = 0; round < 200; round++) {
    store.set(`large ${round}`, 'c'.repeat(3 * SEGMENT), { ttl: 20 });
    for (let i = 0; i < 30; i++) store.set(`key ${i}`, `${round} `.padEnd(100, 'x'));
    now += 3;
    store.flushSync();
    const again = open(after(disk, round, disk.contents));
    expect(contentsOf(again)).toEqual(contentsOf(store));
    expect(again.check()).toEqual([]);
    again.close();
  }
  expect(store.stats().cleanedSegments).toBeGreaterThan(10);
  store.close();
});

test('a flush that died with its process does not count when the next one has completed', () => {
  for (let syncs = 1; syncs < 4; syncs++) {
    const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
    const store = open(disk);
    for (let i = 0; i < 100; i++) store.set(`key ${i}`, 'x'.repeat(100));
    store.flushSync();
    // The open segment is left as the flush found it: the dying one writes a slot for it that says nothing new.
    for (let i = 0; i < 3; i++) store.set(`large ${i}`, 'y'.repeat(3900));
    disk.syncsLeft = syncs;
    expect(() => store.flushSync()).toThrow();
    // As the dead process would have left it: no sync had failed there.
    const image = disk.contents;
    image.writeInt32LE(0, L.CONTROL_OFFSET + L.Control.POISON * 4);
    const survivor = open(new SimulatedDisk(MAX_SIZE + 65536, random(1), image, disk.identity));
    expect(survivor.stats().recovery).toBe('process-death');
    survivor.set('one more', 1);
    survivor.flushSync();
    survivor.set('another', 1);
    survivor.flushSync();
    expect(survivor.check()).toEqual([]);
    for (const one of [survivor, store]) one.close();
  }
});

describe('a clean file at another place (a copy, another boot)', () => {
  test('stays clean when it is only read', () => {
    const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
    const first = open(disk);
    for (let i = 0; i < 100; i++) first.set(`key ${i}`, i);
    first.close();
    const moved = after(disk, 2, disk.contents);
    for (let i = 0; i < 4; i++) {
      const store = open(moved);
      expect(store.stats().recovery).toBe('clean');
      expect(store.get('key 7')).toBe(7);
      store.flushSync();
      store.close();
    }
    // But for what openers tell each other.
    const kept = (contents: Buffer) => contents.fill(0, L.CONTROL_OFFSET, L.HEAD_BYTES);
    expect(kept(moved.contents).equals(kept(disk.contents))).toBe(true);
    // A process that only read and died leaves it clean too.
    open(moved);
    expect(open(after(moved, 3, moved.contents)).stats().recovery).toBe('clean');
  });

  test('is what it was when it is written to and the process dies, and at its last flush after a power cut', () => {
    const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
    const first = open(disk);
    first.set('a', 1);
    first.close();
    const moved = after(disk, 2, disk.contents);
    const store = open(moved);
    store.set('b', 2);
    const dead = open(new SimulatedDisk(MAX_SIZE + 65536, random(1), moved.contents, moved.identity));
    expect([dead.stats().recovery, [...dead.keys()].sort()]).toEqual(['process-death', ['a', 'b']]);
    const cut = open(after(moved, 3));
    expect([cut.stats().recovery, [...cut.keys()]]).toEqual(['power-cut', ['a']]);
    for (const one of [store, dead, cut]) one.close();
  });
});

test('a flush whose superblock could not be synced does not count in the next opening before it is on the disk', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const disk = new SimulatedDisk(MAX_SIZE + 65536, random(seed));
    const first = open(disk);
    for (let i = 0; i < 60; i++) first.set(`old ${i}`, 'x'.repeat(200));
    first.flushSync();
    first.clear();
    first.set('new', 1);
    // Data and table reach the disk; the superblock stays in memory, which the kernel takes for written.
    disk.syncsLeft = 2;
    expect(() => first.flushSync()).toThrow();
    disk.syncsLeft = Number.POSITIVE_INFINITY;
    first.close();
    const store = open(disk);
    const held = [...store.keys()].sort().join();
    // What the older flush relies on would be written over here.
    for (let i = 0; i < 60; i++) store.set(`later ${i}`, 'z'.repeat(200));
    const survivor = open(after(disk, seed));
    expect([...survivor.keys()].sort().join(), `seed ${seed}`).toBe(held);
    for (const one of [store, survivor]) one.close();
  }
});

test('a copy that was never synced is on the disk once it is open: what is flushed then stands on it', () => {
  const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
  const first = open(disk);
  for (let i = 0; i < 100; i++) first.set(`key ${i}`, 'x'.repeat(100));
  first.flushSync();
  const images = [disk.contents];
  first.close();
  images.push(disk.contents);
  for (const image of images) {
    const copy = new SimulatedDisk(MAX_SIZE + 65536, random(2), image, 'a copy');
    copy.place = 'a copy';
    copy.forgetSynced();
    const store = open(copy);
    store.set('more', 1);
    store.flushSync();
    const expected = contentsOf(store);
    const survivor = open(after(copy, 3));
    expect(contentsOf(survivor)).toEqual(expected);
    for (const one of [store, survivor]) one.close();
  }
});

test('an expired record that cleaning has dropped is no finding when the clock is set back', () => {
  const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
  const store = open(disk);
  for (let i = 0; i < 400; i++) {
    store.set(`key ${i % 150}`, 'x'.repeat(180), i % 3 === 0 ? { ttl: 40 } : undefined);
    now += 2;
    const forward = now;
    now = 0;
    expect(store.check(), `after ${i} sets`).toEqual([]);
    now = forward;
  }
  expect(store.stats().cleanedSegments).toBeGreaterThan(5);
  store.close();
});

test('what lies past the end of a file that is longer than its capacity never shows as data', () => {
  const disk = new SimulatedDisk(MAX_SIZE + 65536, random(1));
  const first = open(disk);
  for (let i = 0; i < 30; i++) first.set(`old ${i}`, 'x'.repeat(100));
  first.close();
  // What an earlier session had prepared when it ended: the file is longer than its capacity.
  const image = Buffer.concat([disk.contents, Buffer.alloc(100_000)]);
  for (const identity of [disk.identity, undefined]) {
    const store = open(new SimulatedDisk(MAX_SIZE + 65536, random(2), image, identity));
    expect(store.stats().recovery).toBe('clean');
    for (let i = 0; i < 400; i++) store.set(`key ${i}`, `${i} `.repeat(20));
    for (let i = 0; i < 400; i++) expect(store.get(`key ${i}`)).toBe(`${i} `.repeat(20));
    expect(store.check()).toEqual([]);
    store.close();
  }
});
