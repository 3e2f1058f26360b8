// Tests of the adapter, to copy with it: what every adapter must do, and what only this one does. Run: node --test examples/adapter-template/adapter.test.mjs

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { conformance } from '@mapstone/conformance';
import { Cache } from './adapter.mjs';
import { open } from './open.mjs';

conformance({ test, without: ['has'], open, module: new URL('./open.mjs', import.meta.url) });

const directory = mkdtempSync(join(tmpdir(), 'mapstone-adapter-'));
test.after(() => rmSync(directory, { recursive: true }));

test('namespaces are apart', async () => {
  const path = join(directory, 'namespaces');
  const [a, b] = [new Cache({ path, namespace: 'a' }), new Cache({ path, namespace: 'ab' })];
  await a.set('k', 1);
  await b.set('k', 2);
  assert.equal(await a.clear(), 1);
  assert.deepEqual([await a.get('k'), await b.get('k')], [undefined, 2]);
  for (const cache of [a, b]) await cache.close();
});

test('wrap makes a value once for all who wait, and not again; a failure is not kept', async () => {
  const cache = new Cache({ path: join(directory, 'wrap'), namespace: 'a' });
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
});

test('a namespace with a colon is refused before a file is made', () => {
  assert.throws(() => new Cache({ path: join(directory, 'colon'), namespace: 'a:b' }), TypeError);
});
