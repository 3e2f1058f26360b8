// Caches for tests: a fresh file for each test, a clock that only the test moves, and no errors that nobody expects.

import { closeAll } from '@mapstone/engine';
import { afterEach, beforeEach, vi } from 'vitest';
import { tempPaths } from '../../../../test/support/temp.js';
import { MapstoneCache, type MapstoneCacheOptions } from '../../src/index.js';
import type { World } from '../../src/world.js';

export const START = Date.UTC(2026, 0);

export interface Bench {
  readonly path: string;
  /** Moves the clock. */
  pass(ms: number): void;
  /** Opens a cache on the file of this test. An error it tells of fails the test, unless `quiet`. */
  open(options?: Partial<MapstoneCacheOptions>, world?: Partial<World> & { quiet?: boolean }): MapstoneCache;
}

export function bench(): Bench {
  const paths = tempPaths();
  const told: unknown[] = [];
  const here = { path: '' };
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    here.path = paths();
    told.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    closeAll();
    if (told.length > 0) throw told[0];
  });
  return {
    get path() {
      return here.path;
    },
    pass: (ms) => void vi.setSystemTime(Date.now() + ms),
    open(options = {}, { quiet = false, ...world } = {}) {
      const real: World = { random: () => 0, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };
      const cache = new MapstoneCache({ path: here.path, maxSize: '4mb', statsInterval: Infinity, ...options }, { ...real, ...world });
      if (!quiet) cache.on('error', (error) => told.push(error));
      return cache;
    },
  };
}

/** A promise with its ends. */
export function deferred<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything that is ready run. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
