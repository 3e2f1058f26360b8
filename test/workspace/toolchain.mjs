// What this machine can build with: whether node-gyp would find what it needs, and whether mmap-io loads.
// Read by the installer and by the mapping tests (where a compiler is on the PATH, an mmap-io that can't load is a failure).
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repo = resolve(fileURLToPath(import.meta.url), '../../..');

export function onPath(name, path = process.env.PATH ?? '') {
  return path.split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, name), constants.X_OK);
      return dir !== '';
    } catch {
      return false;
    }
  });
}

/** True where everything node-gyp asks for is on the PATH. */
export function hasCompiler() {
  return (
    process.platform !== 'win32' &&
    ['c++', 'g++', 'clang++'].some((name) => onPath(name)) &&
    onPath('make') &&
    ['python3', 'python'].some((name) => onPath(name))
  );
}

/** Undefined where mmap-io loads as the engine loads it, else why it doesn't. In a process of its own: a failed load may be mended later. */
export function whyNoMmapIo(root = repo) {
  const from = join(root, 'packages/engine/src/index.ts');
  if (!existsSync(join(root, 'node_modules/mmap-io'))) return 'not installed';
  try {
    createRequire(from).resolve('mmap-io');
    execFileSync(process.execPath, ['-e', `require('node:module').createRequire(${JSON.stringify(from)})('mmap-io')`], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String(error.stderr || error.message).match(/Error: .*/)?.[0] ?? String(error.message);
  }
}
