// Imports point one way: no module, through what it imports at run time, comes back to itself; and each floor uses only those below.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PACKAGES = fileURLToPath(new URL('../../packages', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Modules of the same package that a file imports at run time: `import type` and `import { type X }` alone leave no trace. */
function imports(file: string): string[] {
  const found: string[] = [];
  for (const [, clause, from] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )([^;]*?) from '(\.[^']+)';/gm)) {
    const names = /^\{(.*)\}$/s.exec(clause.trim())?.[1].split(',');
    if (names?.every((name) => name.trim() === '' || name.trim().startsWith('type '))) continue;
    found.push(resolve(dirname(file), from.replace(/\.js$/, '.ts')));
  }
  return found;
}

/** What each floor of the engine may use at run time; all may use layout and errors. */
const FLOORS: Record<string, string[]> = {
  mapping: [],
  file: ['mapping'],
  'hash-index': ['file', 'mapping'],
  log: ['hash-index', 'file', 'mapping'],
};

const packages = readdirSync(PACKAGES).filter((name) => name !== 'bench' && existsSync(join(PACKAGES, name, 'src')));

describe.each(packages)('packages/%s', (name) => {
  const src = join(PACKAGES, name, 'src');
  const files = sources(src);

  test('no module comes back to itself', () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) cycles.push([...path.slice(at), file].map((one) => relative(src, one)).join(' -> '));
      if (at >= 0 || done.has(file)) return;
      for (const next of imports(file)) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('no file is far past 300 lines', () => {
    const long = files.map((file) => [relative(src, file), readFileSync(file, 'utf8').split('\n').length] as const).filter(([, lines]) => lines > 330);
    expect(long).toEqual([]);
  });
});

test('each floor of the engine uses only those below', () => {
  const src = join(PACKAGES, 'engine/src');
  const wrong: string[] = [];
  for (const [floor, below] of Object.entries(FLOORS)) {
    for (const file of sources(join(src, floor))) {
      for (const used of imports(file)) {
        const target = relative(src, used);
        const folder = target.includes('/') ? target.split('/')[0] : undefined;
        if (folder !== undefined && folder !== floor && !below.includes(folder)) wrong.push(`${relative(src, file)} uses ${target}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
