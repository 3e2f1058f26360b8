// What the repository's top level and its package.json promise to somebody who has just cloned it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const json = (path: string) => JSON.parse(readFileSync(join(repo, path), 'utf8'));
const workspace = readFileSync(join(repo, 'pnpm-workspace.yaml'), 'utf8');

test('the top level holds what it should and nothing else, but for dot-files', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: repo, encoding: 'utf8' }).trim().split('\n');
  const top = [...new Set(tracked.map((path) => path.split('/')[0]))].filter((name) => !name.startsWith('.')).sort();
  const needed = ['LICENSE', 'README.md', 'package.json', 'packages', 'patches', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'test', 'tsconfig.json'];
  expect(top).toEqual([...needed, 'docs', 'examples'].sort());
});

test('mmap-io is the only package whose install script runs, optional at the root and an optional peer of the engine, where koffi is plain', () => {
  expect(/^onlyBuiltDependencies:\n((?: {2}- .*\n)+)/m.exec(workspace)?.[1]).toBe('  - mmap-io\n');
  expect(json('package.json').optionalDependencies).toEqual({ 'mmap-io': '1.1.7' });
  const engine = json('packages/engine/package.json');
  expect(Object.keys(engine.dependencies)).toContain('koffi');
  expect(engine.peerDependencies).toHaveProperty('mmap-io');
  expect(engine.peerDependenciesMeta['mmap-io']).toEqual({ optional: true });
});

test('the benchmark and its peers are no part of what `npm start` and `npm test` install', () => {
  expect(workspace).toMatch(/- ['"]!packages\/bench['"]/);
  const lock = readFileSync(join(repo, 'pnpm-lock.yaml'), 'utf8');
  expect(lock).not.toMatch(/^ {2}\/?(better-sqlite3|lmdb)@/m);
  expect(json('packages/bench/package.json').private).toBe(true);
});

test('the lockfiles name no registry', () => {
  for (const path of ['pnpm-lock.yaml', 'packages/bench/pnpm-lock.yaml']) expect(readFileSync(join(repo, path), 'utf8')).not.toMatch(/tarball:|https?:\/\//);
});
