// What `npm start` installs is closed: it names every package of the workspace that its own depend on, and no host of another adapter.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN, OTHER_WORKSPACES } from './install.mjs';
import { repo } from './toolchain.mjs';

const manifest = (folder: string) => JSON.parse(readFileSync(join(repo, folder, 'package.json'), 'utf8'));
const needs = (folder: string) => {
  const { dependencies, devDependencies, optionalDependencies } = manifest(folder);
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }) as [string, string][];
};
const main = MAIN.map((folder) => manifest(folder).name);

test('npm start installs every package that its own packages depend on', () => {
  const missing = MAIN.flatMap(needs).filter(([name, version]) => version.startsWith('workspace:') && !main.includes(name));
  expect(missing).toEqual([]);
});

test('npm start installs no host of another adapter', () => {
  const adapters = readdirSync(join(repo, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => !MAIN.includes(folder) && !OTHER_WORKSPACES.includes(folder) && existsSync(join(repo, folder, 'package.json')));
  const peers = (folders: string[]) => folders.flatMap((folder) => Object.keys(manifest(folder).peerDependencies ?? {}));
  const hosts = peers(adapters).filter((name) => !peers(MAIN).includes(name));
  expect(hosts).toContain('typeorm');
  const installed = MAIN.flatMap(needs).map(([name]) => name);
  expect(hosts.filter((name) => installed.includes(name))).toEqual([]);
});

test('the packages that are workspaces of their own are left out of the one workspace', () => {
  const workspace = readFileSync(join(repo, 'pnpm-workspace.yaml'), 'utf8');
  expect(OTHER_WORKSPACES.filter((folder) => !workspace.includes(`!${folder}`))).toEqual([]);
});
