// Fresh paths in a directory of the test file's own. After every test, `check()` goes over each store that the test could have touched.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeAll, openStore, type Store } from '@mapstone/engine';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';

/** With `check: false` for files that are no stores. */
export function tempPaths({ check = true } = {}): () => string {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-test-'));
  /** Handed out while the file was collected: every test may use them. */
  const common: string[] = [];
  let used = common;
  let count = 0;
  beforeEach(() => {
    used = [];
  });
  afterEach(() => {
    if (check) for (const path of [...common, ...used]) if (existsSync(path)) checkStore(path);
  });
  afterAll(() => {
    closeAll();
    rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const path = join(directory, `${++count}.mapstone`);
    used.push(path);
    return path;
  };
}

function checkStore(path: string): void {
  const store = openEither(path);
  expect(store.check()).toEqual([]);
  store.close();
}

function openEither(path: string): Store {
  try {
    return openStore(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_STORE_MODE') throw error;
    return openStore(path, { eviction: 's3-fifo', maxSize: 2 ** 30 });
  }
}
