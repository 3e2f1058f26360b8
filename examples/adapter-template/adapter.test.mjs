// Tests of the adapter, to copy with it. Run: node --test examples/adapter-template/adapter.test.mjs

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openStore } from '@mapstone/engine';
import { Cache } from './adapter.mjs';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-adapter-'));
  path = join(directory, 'cache');
});
afterEach(() => {
  // Every test leaves a whole file behind.
  const store = openStore(path);
  assert.deepEqual(store.check(), []);
  store.close();
  rmSync(directory, { recursive: true });
});

test('what was set is there after a restart, namespaces apart', async () => {
  const before = [new Cache({ path, namespace: 'a' }), new Cache({ path, namespace: 'b' })];
  await before[0].set('k', new Map([['n', 1n]]));
  await before[1].set('k', 'other');
  for (const cache of before) await cache.close();
  const after = new Cache({ path, namespace: 'a' });
  assert.deepEqual(await after.get('k'), new Map([['n', 1n]]));
  assert.equal(await after.clear(), 1);
  await after.close();
  const other = new Cache({ path, namespace: 'b' });
  const keys = [];
  for await (const key of other.keys()) keys.push(key);
  assert.deepEqual(keys, ['k']);
  assert.equal(await other.delete('k'), true);
  await other.close();
});

test('wrap makes a value once for all who wait, and not again; a failure is not kept', async () => {
  const cache = new Cache({ path, namespace: 'a' });
  let calls = 0;
  const make = async () => ++calls;
  assert.deepEqual(await Promise.all([cache.wrap('k', make), cache.wrap('k', make)]), [1, 1]);
  assert.equal(await cache.wrap('k', make), 1);
  await assert.rejects(
    cache.wrap('f', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await cache.wrap('f', make), 2);
  await cache.close();
  await assert.rejects(cache.get('k'), { code: 'ERR_STORE_CLOSED' });
});

test('a namespace with a colon is refused before a file is made', () => {
  assert.throws(() => new Cache({ path, namespace: 'a:b' }), TypeError);
});
