// A fresh directory for each test file, and the paths in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export function tempPaths(): () => string {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-keyv-'));
  let count = 0;
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return () => join(directory, `${++count}.mapstone`);
}
