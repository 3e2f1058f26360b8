// What a cache promises past a crash: after the death of a process all is there but what was evicted; after a power cut nothing is; and never a wrong value.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { SEED } from '../../../../test/support/stores.js';
import { trappedMapping } from '../../../../test/support/trapped-mapping.js';
import { openStore, type StoreOptions } from '../../src/index.js';
import { CONTROL_OFFSET, Control, HEAD_BYTES } from '../../src/layout.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import { openStoreIn } from '../../src/store/registry.js';
import type { Store } from '../../src/store/store.js';

const SEGMENT = 4096;
const MOST = 24 * SEGMENT;
const options: StoreOptions = { eviction: 's3-fifo', segmentSize: SEGMENT, maxSize: HEAD_BYTES + MOST, maxEntries: 400 };
let files = 0;
let now = 1_000_000;

function open(mapping: Mapping): Store {
  const environment = { now: () => now, random: (count: number) => new Uint8Array(count) };
  return openStoreIn(`/caches/${files++}`, options, environment, mapping);
}

/** Random work on a cache; `doing` is told what the operation under way may leave of each key. */
function work(cache: Store, latest: Map<string, string>, next: () => number, doing: (keys: Map<string, string | undefined>) => void): void {
  const pick = (count: number) => Math.floor(next() * count);
  const key = `key ${Math.floor(600 * next() ** 2)}`;
  const what = pick(12);
  if (what < 6) {
    const value = what === 0 ? `${next()} `.repeat(400) : `${next()} `.padEnd(pick(200), 'x');
    doing(new Map([[key, value]]));
    cache.set(key, value, pick(4) === 0 ? { ttl: 1 + pick(500) } : undefined);
    latest.set(key, value);
  } else if (what === 6) {
    doing(new Map([[key, undefined]]));
    cache.delete(key);
    latest.delete(key);
  } else if (what === 7) {
    const items = Array.from({ length: 1 + pick(8) }, (_, i) => ({ key: `key ${i * 70 + pick(70)}`, value: `${next()}` }));
    doing(new Map(items.map((item) => [item.key, item.value])));
    cache.setMany(items);
    for (const item of items) latest.set(item.key, item.value);
  } else {
    doing(new Map());
    if (what === 8) cache.touch(key, { ttl: 1 + pick(500) });
    else if (what === 9) cache.sweep();
    else cache.get(key);
  }
  now += pick(5);
}

test('a process dies between any two stores of a word', { timeout: 120_000 }, () => {
  const next = random(SEED);
  const disk = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next);
  const scratch = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next);
  const latest = new Map<string, string>();
  let doing = new Map<string, string | undefined>();
  let left = Number.POSITIVE_INFINITY;
  let deaths = 0;
  let halfDone = 0;
  const die = () => {
    if (--left > 0) return;
    left = 20 + Math.floor(next() * 400);
    deaths++;
    scratch.load(disk.contents, disk.identity);
    if (disk.contents[CONTROL_OFFSET + Control.INTENT * 4] !== 0) halfDone++;
    const survivor = open(scratch);
    const when = `seed ${SEED}, death ${deaths}`;
    expect(survivor.stats().recovery, when).toBe('process-death');
    expect(survivor.check(), when).toEqual([]);
    let changed = 0;
    for (const [key, value] of survivor.entries()) {
      if (value === latest.get(key)) continue;
      expect(value, `${when}: ${key}`).toBe(doing.get(key));
      changed++;
    }
    // A batch is there whole, but for what was evicted since; of the keys it changed none has its old value.
    if (changed > 0) for (const [key, value] of doing) expect([value, undefined], `${when}: ${key}`).toContain(survivor.get(key));
    survivor.set('goes on', 'x'.repeat(1000));
    expect(survivor.get('goes on')).toBe('x'.repeat(1000));
    survivor.close();
  };
  const cache = open(trappedMapping(disk, () => die()));
  cache.set('key 0', 'first');
  latest.set('key 0', 'first');
  left = 100;
  for (let i = 0; i < 4000; i++) {
    work(cache, latest, next, (keys) => {
      doing = keys;
    });
  }
  left = Number.POSITIVE_INFINITY;
  expect(cache.check()).toEqual([]);
  expect(cache.stats().evictions.all).toBeGreaterThan(300);
  expect(deaths).toBeGreaterThan(100);
  expect(halfDone).toBeGreaterThan(20);
  cache.close();
});

test('after a power cut it is empty, whatever had reached the disk; after a clean close it is warm, also in another boot', () => {
  for (let seed = SEED; seed < SEED + 40; seed++) {
    const next = random(seed);
    const disk = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next);
    const latest = new Map<string, string>();
    const cache = open(disk);
    const write = (one: Store) => {
      for (let i = 0; i < 300; i++) work(one, latest, next, () => undefined);
    };
    write(cache);
    const empty = open(new SimulatedDisk(HEAD_BYTES + MOST + 65536, next, disk.cut(), `boot ${seed}`));
    expect([empty.size, empty.stats().recovery], `seed ${seed}`).toEqual([0, 'power-cut']);
    for (let i = 0; i < 500; i++) empty.set(`new ${i}`, `${i}`.repeat(20));
    expect(empty.get('new 499')).toBe('499'.repeat(20));
    expect(empty.check(), `seed ${seed}`).toEqual([]);
    empty.close();
    const before = [...cache.entries()];
    cache.close();
    // All of it was synced: a cut now takes nothing.
    const rebooted = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next, disk.cut(), `next boot ${seed}`);
    const warm = open(rebooted);
    expect(warm.stats().recovery).toBe('clean');
    expect([...warm.entries()]).toEqual(before);
    write(warm);
    expect(warm.check(), `seed ${seed}`).toEqual([]);
    const again = open(new SimulatedDisk(HEAD_BYTES + MOST + 65536, next, rebooted.cut(), `third boot ${seed}`));
    expect([again.size, again.stats().recovery], `seed ${seed}`).toEqual([0, 'power-cut']);
    again.close();
    warm.close();
  }
});

test('a copy of a cache that was closed begins empty', () => {
  const next = random(SEED);
  const disk = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next);
  const cache = open(disk);
  cache.set('key', 'value');
  cache.close();
  const copy = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next, disk.contents, 'a copy');
  copy.place = 'elsewhere';
  const opened = open(copy);
  expect([opened.size, opened.stats().recovery]).toEqual([0, 'power-cut']);
  opened.close();
});

describe('real processes', () => {
  const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url));
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mapstone-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test.each(['koffi', 'memory is shared by both mappings'])(
    'writers are killed at any moment, and those that live go on: %s',
    { timeout: 120_000 },
    async (mapping) => {
      const next = random(SEED);
      const path = join(directory, 'cache');
      const start = (name: number) => {
        const kind = mapping === 'koffi' || name % 2 === 0 ? 'koffi' : '';
        const child = spawn(process.execPath, [WRITER, path, kind, `${SEED + name}`], { stdio: ['ignore', 'pipe', 'inherit'] });
        return { child, wrote: once(child.stdout, 'data') };
      };
      let names = 0;
      const alive = [start(names++), start(names++), start(names++)];
      for (let kill = 0; kill < 12; kill++) {
        await Promise.all(alive.map(({ wrote }) => wrote));
        const [victim] = alive.splice(Math.floor(next() * alive.length), 1);
        victim.child.kill('SIGKILL');
        await once(victim.child, 'close');
        const cache = openStore(path, { eviction: 's3-fifo', maxSize: 2 ** 20, segmentSize: 4096 });
        expect(cache.stats().openers).toBe(3);
        for (const [key, value] of cache) expect((value as string).startsWith(`${key}|`), `${key}: ${value}`).toBe(true);
        expect(cache.check()).toEqual([]);
        cache.close();
        alive.push(start(names++));
      }
      for (const { child } of alive) {
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      const cache = openStore(path, { eviction: 's3-fifo', maxSize: 2 ** 20, segmentSize: 4096 });
      expect(cache.stats().recovery).toBe('process-death');
      expect(cache.check()).toEqual([]);
      expect(cache.stats().evictions.all).toBeGreaterThan(1000);
      cache.close();
    },
  );
});
