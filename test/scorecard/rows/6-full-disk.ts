// Row 6: the disk full at every step of growing: the k-th allocation fails, for every k, and real disks of every size (a tmpfs, as root).

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StoreError } from '../../../packages/engine/src/errors.js';
import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { ImageMapping } from '../../support/image-mapping.js';
import { whyNoMount } from '../../support/mounts.js';
import { random } from '../../support/simulated-mapping.js';
import { whyNoMmapIo } from '../../workspace/toolchain.mjs';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const FILL = fileURLToPath(new URL('../full/fill.mjs', import.meta.url));
/** Disks go from less than a new store to some doublings. */
const SMALLEST = 24 * 1024;
const LARGEST = 2 * 2 ** 20;
const PAGE = 4096;
/** Sizes that one process tries. */
const SIZES_PER_PROCESS = 25;
/** An allocation after so many is rare in the workload below. */
const MOST_ALLOCATIONS = 40;

/** The `k`-th allocation of a random workload fails, and so do the next `failures - 1`; what went wrong, if anything. */
async function failAt(seed: number, k: number): Promise<{ wrong: string | undefined; reached: boolean }> {
  const next = random(seed);
  const disk = new ImageMapping(4 * LARGEST);
  let allocations = 0;
  const failures = next() < 0.5 ? 1 : 1 + Math.floor(next() * 50);
  // Each allocation asks once or, when it failed, again for what fits.
  let failedNow = false;
  disk.isFull = () => {
    const fails = ++allocations >= k && allocations < k + failures;
    failedNow ||= fails;
    return fails;
  };
  const held = new Map<string, string>();
  let refused = 0;
  let store: Store | undefined;
  const open = () =>
    openStoreIn('/full', { segmentSize: PAGE, maxSize: LARGEST, flush: 'manual' }, { now: () => 1, random: (count) => new Uint8Array(count).fill(seed) }, disk);
  const verify = (when: string): string | undefined => {
    const contents = new Map((store as Store).entries());
    for (const [key, value] of held) if (contents.get(key) !== value) return `${when}: '${key}' is not what was stored`;
    if (contents.size !== held.size) return `${when}: ${contents.size} entries instead of ${held.size}`;
    const [finding] = (store as Store).check();
    return finding === undefined ? undefined : `${when}: check() finds ${finding.invariant}: ${finding.message}`;
  };
  try {
    try {
      store = open();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_FULL') throw error;
      disk.isFull = () => false; // what the creation has left can be opened
      store = open();
    }
    for (let i = 0; i < 2500; i++) {
      const key = `key ${Math.floor(next() * 1500)}`;
      const value = `${i} `.padEnd(next() < 0.01 ? 9000 : Math.floor(next() * 500), 'x');
      try {
        if (next() < 0.15) {
          store.delete(key);
          held.delete(key);
        } else if (next() < 0.1) {
          store.setMany([key, `${key} too`].map((one) => ({ key: one, value })));
          held.set(key, value).set(`${key} too`, value);
        } else {
          store.set(key, value);
          held.set(key, value);
        }
        if (next() < 0.01) await store.flush();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_FULL') throw error;
        if (refused++ === 0) {
          const wrong = verify('when it was full');
          if (wrong !== undefined) return { wrong, reached: true };
        }
      }
      // A write in the background that failed says so when the event loop turns.
      if (i % 20 === 0 || failedNow) await new Promise((resolve) => setImmediate(resolve));
      failedNow = false;
    }
    disk.isFull = () => false;
    for (let i = 0; i < 200; i++) {
      store.set(`more ${i}`, 'y'.repeat(400));
      held.set(`more ${i}`, 'y'.repeat(400));
    }
    const wrong = verify('with space again');
    if (wrong !== undefined) return { wrong, reached: true };
    store.close();
    store = open();
    return { wrong: verify('opened again'), reached: allocations >= k };
  } catch (error) {
    return { wrong: error instanceof Error ? error.stack : String(error), reached: true };
  } finally {
    store?.close();
  }
}

/** Tries real disks of these sizes in another process; `report` is told of each. */
async function fillDisks(sizes: number[], seed: number, mapping: string, report: (size: number, wrong: string | undefined) => void): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), 'mapstone-disk-'));
  try {
    for (let left = sizes; left.length > 0; ) {
      const child = spawn(process.execPath, [FILL, disk, mapping, String(seed), ...left.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)));
      let told = 0;
      for await (const line of createInterface(child.stdout)) {
        const space = line.indexOf(' ');
        // What was begun and not told of ended the process: a SIGBUS.
        const wrong = line.slice(space + 1);
        if (line === String(left[told]) || space < 0) break;
        report(Number(line.slice(0, space)), wrong === '' ? undefined : wrong);
        told++;
      }
      const how = await ended;
      if (told < left.length) {
        spawnSync('umount', ['-l', disk]);
        report(left[told++], `the process was ended by ${how}`);
      }
      left = left.slice(told);
    }
  } finally {
    rmdirSync(disk);
  }
}

export const fullDisk: Row = {
  id: '6',
  title: 'disk full at every step: the k-th allocation, and disks of every size',
  unit: 'steps',
  ci: 100,
  full: 2000,
  mustBe: 'ERR_STORE_FULL, no SIGBUS; all is readable, deletes work, and it goes on when there is space again',

  async run({ seed, size, earlier, done, stopped }: RowContext): Promise<RowResult> {
    const failures: Failure[] = [];
    let failed = 0;
    let { cases, next } = earlier ?? { cases: 0, next: 0 };
    let unreached = 0;
    let realDisks = 0;
    const tally = (what: string, wrong: string | undefined, replay: string) => {
      done(++cases);
      if (wrong !== undefined && ++failed <= 20) failures.push({ seed, what: `${what}: ${wrong}`, replay: replayCommand('6', replay) });
    };

    const noTmpfs = whyNoMount();
    const disks = noTmpfs === undefined ? size >> 1 : 0;
    const step = Math.max(1, Math.floor((LARGEST - SMALLEST) / PAGE / Math.max(1, disks)));
    const mappings = whyNoMmapIo() === undefined ? ['koffi', 'mmap-io'] : ['koffi'];
    for (let i = Math.min(cases, disks); i < disks && !stopped(); i += SIZES_PER_PROCESS) {
      const mapping = mappings[(i / SIZES_PER_PROCESS) % mappings.length];
      const count = Math.min(SIZES_PER_PROCESS, disks - i);
      const sizes = Array.from({ length: count }, (_, j) => SMALLEST + (((i + j) * step + seed) % ((LARGEST - SMALLEST) / PAGE)) * PAGE);
      await fillDisks(sizes, seed + i, mapping, (bytes, wrong) => {
        realDisks++;
        tally(`a disk of ${bytes} bytes over ${mapping}`, wrong, `--seed ${seed} --size ${size}`);
      });
    }
    for (; cases < size && !stopped(); next++) {
      const [own, k] = [seed + Math.floor(next / MOST_ALLOCATIONS), 1 + (next % MOST_ALLOCATIONS)];
      const { wrong, reached } = await failAt(own, k);
      if (!reached) unreached++;
      else tally(`allocation ${k} of the workload of seed ${own} fails`, wrong, `--replay ${own}:${k}`);
    }
    const figures: Record<string, number | string> = { 'real disks': realDisks, 'failed allocations': cases - realDisks };
    if (noTmpfs !== undefined) figures['no real disks'] = noTmpfs;
    if (unreached > 0) figures['past the last allocation, not counted'] = unreached;
    return { cases, next, failures, failed, figures };
  },

  async replay(what) {
    const [seed, k] = what.split(':').map(Number);
    const { wrong } = await failAt(seed, k);
    return {
      cases: 1,
      failures: wrong === undefined ? [] : [{ seed, what: wrong, replay: replayCommand('6', `--replay ${what}`) }],
      figures: {},
    };
  },
};
