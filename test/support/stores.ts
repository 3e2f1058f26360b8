// Stores for tests: a fresh place for each test, a clock that only the test moves, and after every test `check()` on each store that is still open.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { chooseMapping, unavailable } from '../../packages/engine/src/mapping/choose.js';
import type { Mapping } from '../../packages/engine/src/mapping/mapping.js';
import { MemoryMapping } from '../../packages/engine/src/mapping/memory-mapping.js';
import type { StoreOptions } from '../../packages/engine/src/store/options.js';
import { openStoreIn } from '../../packages/engine/src/store/registry.js';
import type { Store } from '../../packages/engine/src/store/store.js';
import { hasCompiler } from '../workspace/toolchain.mjs';
import { random } from './simulated-mapping.js';

export const SEED = Number(process.env.MAPSTONE_SEED ?? 1);
export const fileKinds = ['koffi', 'mmap-io'] as const;
export const kinds = ['memory', ...fileKinds] as const;
export type Kind = (typeof kinds)[number];

export interface Place {
  /** Where the files of this test lie; in memory it is only a name. */
  readonly directory: string;
  readonly path: string;
  readonly mapping: Mapping;
  /** What the stores take for the time. */
  now: number;
  /** Opens the store at `path`; checked and closed after the test. Flushes only when asked, unless told otherwise. */
  open(options?: StoreOptions, path?: string): Store;
  /** A store that the test opened in another way: checked and closed with the others. */
  track(store: Store): Store;
}

/** A fresh place for each test of the block. Files in memory stay when they are closed, so reopening works there too. */
export function placeFor(kind: Kind): Place {
  let opened: Store[] = [];
  let random8 = random(SEED);
  const place: { -readonly [field in keyof Place]: Place[field] } = {
    directory: '',
    path: '',
    mapping: undefined as unknown as Mapping,
    now: 0,
    open(options: StoreOptions = {}, path: string = place.path) {
      const environment = { now: () => place.now, random: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random8() * 256)) };
      return place.track(openStoreIn(path, { flush: 'manual', ...options }, environment, place.mapping));
    },
    track(store: Store) {
      opened.push(store);
      return store;
    },
  };
  beforeEach((context) => {
    // Only an mmap-io that nothing could have built is skipped: anything else that doesn't load is a failure.
    if (kind === 'mmap-io' && !hasCompiler() && unavailable(kind)) context.skip('mmap-io: no compiler on the PATH');
    place.now = 1_700_000_000_000;
    random8 = random(SEED);
    opened = [];
    place.directory = kind === 'memory' ? '/memory' : mkdtempSync(join(tmpdir(), 'mapstone-'));
    place.path = join(place.directory, 'store');
    place.mapping = kind === 'memory' ? new MemoryMapping({ keep: true }) : chooseMapping(kind);
  });
  afterEach(() => {
    const findings = opened.filter(isOpen).flatMap((store) => store.check());
    for (const store of opened) store.close();
    if (kind !== 'memory' && place.directory !== '') rmSync(place.directory, { recursive: true, force: true });
    expect(findings).toEqual([]);
  });
  return place;
}

export function isOpen(store: Store): boolean {
  try {
    store.size;
    return true;
  } catch {
    return false;
  }
}

/** The code of what `call` throws; fails if it throws nothing. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  throw new Error('nothing was thrown');
}

/** All that a store holds, as a Map. */
export function contentsOf(store: Store): Map<string, unknown> {
  return new Map(store.entries());
}
