// Where a file system has no hard links (vfat, exfat), link(2) fails: backups and salvage do without, and still overwrite nothing.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { codeOf, contentsOf, placeFor } from '../../../../test/support/stores.js';
import { salvage } from '../../src/index.js';

/** What link(2) fails with, and what happens just before. */
const links = vi.hoisted(() => ({ code: 'EPERM', before: (_target: string) => {} }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const linkSync = (from: string, to: string) => {
    links.before(to);
    throw Object.assign(new Error(`${links.code}: link '${from}' -> '${to}'`), { code: links.code, errno: -1, syscall: 'link' });
  };
  return { ...fs, linkSync, default: { ...fs, linkSync } };
});

const place = placeFor('koffi');
let target = '';
beforeEach(() => {
  links.code = 'EPERM';
  links.before = () => {};
  target = join(place.directory, 'target');
});

const ways = [
  ['backup', (to: string) => place.open().backup(to)],
  ['salvage', (to: string) => void salvage(place.path, to)],
] as const;

test.each(ways)('%s makes the file by a rename', (_, make) => {
  const store = place.open();
  for (let i = 0; i < 100; i++) store.set(`key ${i}`, i);
  const expected = contentsOf(store);
  store.close();
  make(target);
  expect(contentsOf(place.open({}, target))).toEqual(expected);
  expect(readdirSync(place.directory).sort()).toEqual(['store', 'target']);
});

test.each(ways)('%s does not overwrite what came to be there meanwhile', (_, make) => {
  const store = place.open();
  store.set('a', 1);
  store.close();
  // Also the new store has its name from a link; the last one is the target's own.
  links.before = (to) => {
    if (to === target) writeFileSync(target, 'of somebody else');
  };
  expect(codeOf(() => make(target))).toBe('ERR_STORE_EXISTS');
  expect(readFileSync(target, 'utf8')).toBe('of somebody else');
  expect(readdirSync(place.directory).sort()).toEqual(['store', 'target']);
});

test.each(ways)('%s fails where link(2) fails for another reason, and leaves nothing behind', (_, make) => {
  const store = place.open();
  store.set('a', 1);
  store.close();
  links.before = (to) => {
    links.code = to === target ? 'EIO' : 'EPERM';
  };
  expect(codeOf(() => make(target))).toBe('ERR_STORE_IO');
  expect(readdirSync(place.directory)).toEqual(['store']);
});
