// Caches and crashes of real processes. What is left after a death or a power cut at any store of a word is row 16 of the scorecard.

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
import { HEAD_BYTES } from '../../src/layout.js';
import type { Mapping } from '../../src/mapping/mapping.js';
import { openStoreIn } from '../../src/store/registry.js';

const SEGMENT = 4096;
const MOST = 24 * SEGMENT;
const options: StoreOptions = { eviction: 's3-fifo', segmentSize: SEGMENT, maxSize: HEAD_BYTES + MOST, maxEntries: 400 };
let files = 0;

function open(mapping: Mapping) {
  const environment = { now: () => 1_000_000, random: (count: number) => new Uint8Array(count) };
  return openStoreIn(`/caches/${files++}`, options, environment, mapping);
}

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

test.each(['in the boot that closed it', 'in another boot'])('whenever the process that first changes a closed cache dies, nothing is lost: %s', (boot) => {
  const next = random(SEED);
  const closed = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next);
  const first = open(closed);
  for (let i = 0; i < 50; i++) first.set(`key ${i}`, i);
  first.close();
  const disk = new SimulatedDisk(HEAD_BYTES + MOST + 65536, next, closed.contents, boot === 'in another boot' ? boot : closed.identity);
  const found = new Set<string>();
  const die = () => {
    const survivor = open(disk.afterDeath());
    const kept = Array.from({ length: 50 }, (_, i) => survivor.get(`key ${i}`));
    expect(kept).toEqual(Array.from({ length: 50 }, (_, i) => i));
    found.add(survivor.stats().recovery);
    survivor.close();
  };
  const cache = open(trappedMapping(disk, die));
  disk.onMoment = die;
  cache.set('new', 1);
  disk.onMoment = undefined;
  expect([...found].sort()).toEqual(['clean', 'process-death']);
  cache.close();
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
