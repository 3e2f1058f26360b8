// The public names, which other programs already expect, and what importing them does where no file can be mapped.

import { describe, expect, test } from 'vitest';
import * as engine from '../../src/index.js';
import { loader, startProcess } from '../mapping/support.js';

const ENTRY = new URL('../../src/index.ts', import.meta.url).href;

const METHODS = [
  ...['get', 'set', 'has', 'delete', 'getMany', 'setMany', 'deleteMany', 'batch', 'expiresAt', 'touch', 'update', 'isOpenerAlive', 'keys', 'entries', 'clear'],
  ...['flush', 'flushSync', 'stats', 'check', 'compact', 'backup', 'close'],
];

test('the package exports what its README names, and nothing else', () => {
  expect(Object.keys(engine).sort()).toEqual(['KEEP', 'StoreError', 'closeAll', 'openStore', 'salvage']);
});

test('a store has every name that is promised, and answers as promised', () => {
  const store = engine.openStore('surface', { mapping: 'memory' });
  for (const name of METHODS) expect(store[name as keyof typeof store], name).toBeTypeOf('function');
  expect(store[Symbol.dispose]).toBeTypeOf('function');
  expect(store.size).toBe(0);
  expect(store.set('a', 1, { ttl: 60_000 })).toBeUndefined();
  store.setMany([
    { key: 'b', value: 2 },
    { key: 'c', value: 3, ttl: 60_000 },
  ]);
  store.batch((batch) => {
    batch.set('d', 4);
    batch.delete('b');
  });
  expect([store.get('a'), store.get('b'), store.has('d'), store.delete('d'), store.delete('d')]).toEqual([1, undefined, true, true, false]);
  expect(store.getMany(['c', 'x'])).toEqual([3, undefined]);
  expect([store.expiresAt('x'), store.touch('x', { ttl: 5 }), store.touch('a', { ttl: 5000 })]).toEqual([undefined, false, true]);
  expect([...store.keys({ prefix: 'c' })]).toEqual(['c']);
  expect([...store.entries({ prefix: 'c' })]).toEqual([['c', 3]]);
  expect(store.deleteMany(['c', 'x'])).toEqual([true, false]);
  expect([store.clear({ prefix: 'nothing' }), store.clear(), store.size]).toEqual([0, 1, 0]);
  expect(store.check()).toEqual([]);
  store.close();
});

// A child that compiles all the sources first takes its time on a busy machine.
describe('where no file can be mapped', { timeout: 90_000 }, () => {
  test.each([
    ['on Windows', "Object.defineProperty(process, 'platform', { value: 'win32' })"],
    ['on AIX', "Object.defineProperty(process, 'platform', { value: 'aix' })"],
    ['on 32 bits', "Object.defineProperty(process, 'arch', { value: 'arm' })"],
    ['on a big-endian machine', "os.endianness = () => 'BE'; Module.syncBuiltinESMExports()"],
  ])('%s, the import works, openStore says what does, and memory is a whole store', async (_name, disguise) => {
    const script = `
      import Module from 'node:module';
      import os from 'node:os';
      ${disguise};
      const { openStore, closeAll } = await import(${JSON.stringify(ENTRY)});
      let error;
      try { openStore('/nowhere/never-made'); } catch (thrown) { error = thrown; }
      const store = openStore('anywhere', { mapping: 'memory' });
      for (let i = 0; i < 5000; i++) store.set('key ' + i, { i });
      store.deleteMany(['key 1', 'key 2']);
      const seen = [store.get('key 4999'), store.size, store.check(), store.stats().mapping];
      closeAll();
      console.log(JSON.stringify([error.name, error.code, error.message, seen]));`;
    const line = await startProcess(process.execPath, ['--import', loader, '--input-type=module', '-e', script]).line();
    const [name, code, message, seen] = JSON.parse(line);
    expect([name, code]).toEqual(['StoreError', 'ERR_PLATFORM_UNSUPPORTED']);
    expect(message).toContain("mapping: 'memory' works everywhere");
    expect(seen).toEqual([{ i: 4999 }, 4998, [], 'memory']);
  });
});
