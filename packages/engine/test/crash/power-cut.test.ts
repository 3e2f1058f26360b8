// Power cuts over a simulated disk: whatever the kernel had written back, the store opens as at its last completed flush, or at the one in progress.

import { describe, expect, test } from 'vitest';
import { PowerCut, SimulatedDisk } from '../../../../test/support/simulated-mapping.js';
import { StoreError } from '../../src/errors.js';
import { difference, MAX_SIZE, Workload } from './workload.js';

const CUTS = Number(process.env.MAPSTONE_CUTS ?? 1500);
const SEED = Number(process.env.MAPSTONE_SEED ?? 1);

function reopened(work: Workload, image: Buffer): SimulatedDisk {
  return new SimulatedDisk(MAX_SIZE + 65536, work.next, image);
}

describe(`after a power cut (seeds from ${SEED})`, () => {
  test(`${CUTS} cuts between operations leave the last completed flush`, { timeout: 120_000 }, () => {
    let cuts = 0;
    for (let seed = SEED; cuts < CUTS; seed++) {
      const work = new Workload(seed);
      for (let i = 0; i < 40; i++) {
        for (let ops = 1 + Math.floor(work.next() * 25); ops > 0; ops--) work.step();
        const durable = work.store.stats().durableFlush;
        const after = work.open(reopened(work, work.disk.cut()));
        cuts++;
        expect(after.stats().recovery, `seed ${seed}, cut ${i}`).toBe('power-cut');
        expect(difference(after, work.flushed.get(durable) as Map<string, unknown>), `seed ${seed}, cut ${i}`).toBeUndefined();
        expect(after.check(), `seed ${seed}, cut ${i}`).toEqual([]);
        after.close();
      }
      work.store.close();
    }
  });

  test(`${CUTS} cuts in the middle of a sync leave the last completed flush or the one in progress`, { timeout: 120_000 }, () => {
    let inProgress = 0;
    for (let seed = SEED; seed < SEED + CUTS; seed++) {
      const work = new Workload(seed, 40);
      for (let ops = Math.floor(work.next() * 60); ops > 0; ops--) work.step();
      work.disk.syncsLeft = Math.floor(work.next() * 9);
      let cut = false;
      for (let ops = 0; ops < 60 && !cut; ops++) {
        try {
          work.step();
        } catch (error) {
          expect(error, `seed ${seed}`).toBeInstanceOf(StoreError);
          expect((error as Error).cause, `seed ${seed}`).toBeInstanceOf(PowerCut);
          cut = true;
        }
      }
      const last = work.store.stats().durableFlush;
      // A flush that completed inside the operation that was cut found what was there before it.
      const before = work.flushed.get(last) ?? work.model;
      work.disk.syncsLeft = Number.POSITIVE_INFINITY;
      const after = work.open(reopened(work, work.disk.cut()));
      const older = difference(after, before);
      if (older !== undefined) {
        inProgress++;
        expect(difference(after, work.model), `seed ${seed}: neither the last flush (${older}) nor the one in progress`).toBeUndefined();
      }
      expect(after.check(), `seed ${seed}`).toEqual([]);
      after.close();
      work.store.close();
    }
    // Some cuts come after the superblock reached the disk: else this test would not see that case.
    expect(inProgress).toBeGreaterThan(0);
  });

  test('a timeline that was given up never comes back, however often the power fails again during recovery', { timeout: 120_000 }, () => {
    for (let seed = SEED; seed < SEED + 200; seed++) {
      const work = new Workload(seed, 40);
      for (let ops = 0; ops < 80; ops++) work.step();
      const expected = work.flushed.get(work.store.stats().durableFlush) as Map<string, unknown>;
      let image = work.disk.cut();
      for (let depth = 0; depth < 3; depth++) {
        const disk = reopened(work, image);
        disk.syncsLeft = Math.floor(work.next() * 2);
        try {
          const store = work.open(disk);
          disk.syncsLeft = Math.floor(work.next() * 3);
          store.set(`lost ${depth}`, 'x'.repeat(50));
          store.flushSync();
        } catch {
          // The cut came: the lock and the memory are gone with the machine.
        }
        image = disk.cut();
      }
      const store = work.open(reopened(work, image));
      const difference1 = difference(store, expected);
      // A flush of one of the lives between may have completed: then just its key is more.
      for (let depth = 0; depth < 3; depth++) if (store.delete(`lost ${depth}`)) expect(difference1).toBeDefined();
      expect(difference(store, expected), `seed ${seed}`).toBeUndefined();
      expect(store.check(), `seed ${seed}`).toEqual([]);
      store.close();
      work.store.close();
    }
  });
});

describe('when a sync fails', () => {
  test('the store is read-only, says why, and the next opening is as at the last completed flush', () => {
    const work = new Workload(SEED);
    for (let ops = 0; ops < 100; ops++) work.step();
    work.store.flushSync();
    const durable = new Map(work.model);
    work.store.set('not durable', 1);
    const eio = new StoreError('ERR_STORE_IO', 'msync: EIO');
    work.disk.failure = () => eio;
    work.disk.syncsLeft = 0;
    expect(() => work.store.flushSync()).toThrow(expect.objectContaining({ code: 'ERR_STORE_POISONED', cause: eio }));
    expect(work.store.get('not durable')).toBe(1);
    expect(() => work.store.set('more', 1)).toThrow(expect.objectContaining({ code: 'ERR_STORE_POISONED' }));
    expect(() => work.store.flushSync()).toThrow(expect.objectContaining({ code: 'ERR_STORE_POISONED' }));
    work.disk.syncsLeft = Number.POSITIVE_INFINITY;
    work.store.close();
    const after = work.open(work.disk);
    expect(after.stats().recovery).toBe('power-cut');
    expect(difference(after, durable)).toBeUndefined();
    after.close();
  });
});
