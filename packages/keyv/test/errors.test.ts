// How a failure reaches the caller: by a rejection or by Keyv's 'error' event, never by both, and never by a throw from a method.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Keyv as Keyv5 } from 'keyv';
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createKeyv, KeyvMapstone } from '../src/index.js';
import { majors } from './support/majors.js';

const path = tempPaths();
const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const otherFile = tempPaths({ check: false });

describe('opening', () => {
  it('throws from the constructor, so that a Keyv never works over nothing', () => {
    const directory = otherFile();
    mkdirSync(directory);
    const other = otherFile();
    writeFileSync(other, 'this is a text file, and not a small one: '.repeat(1000));
    expect(() => new KeyvMapstone('/no/such/directory/data.mapstone')).toThrow();
    expect(() => new KeyvMapstone(directory)).toThrow();
    expect(() => new KeyvMapstone(other)).toThrow(expect.objectContaining({ code: 'ERR_STORE_NOT_A_STORE' }));
    expect(() => createKeyv(other)).toThrow(expect.objectContaining({ code: 'ERR_STORE_NOT_A_STORE' }));
  });

  // The other process runs the build, as `npm test` makes one.
  it('says so when another process wants the file for itself', async () => {
    const at = path();
    const store = new KeyvMapstone({ path: at, exclusive: true });
    const script = `import('@mapstone/keyv').then(({ createKeyv }) => createKeyv(${JSON.stringify(at)})).catch((error) => console.log(error.code));`;
    expect(execFileSync(process.execPath, ['-e', script], { cwd: packageRoot, encoding: 'utf8' })).toBe('ERR_STORE_LOCKED\n');
    await store.set('k', 'v');
    expect(await store.get('k')).toBe('v');
  });

  it('asks for a path', () => {
    for (const wrong of [undefined, null, {}, { path: '' }, { path: 7 }, '', 'a\0b']) {
      expect(() => new KeyvMapstone(wrong as string)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID', message: expect.stringContaining('path') }),
      );
      expect(() => createKeyv(wrong as string)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', message: expect.stringContaining('path') }));
    }
  });

  it('hands engine options on, and the engine judges them', () => {
    expect(() => new KeyvMapstone({ path: path(), segmentSize: 1000 } as never)).toThrow(RangeError);
    expect(() => new KeyvMapstone({ path: path(), keyv: 7 } as never)).toThrow(RangeError);
  });
});

describe('failing operations', () => {
  it.each(majors)('keyv $major: as an event and false where someone listens', async ({ Keyv, serializerOff }) => {
    const store = new KeyvMapstone(path());
    const keyv = new Keyv({ store, namespace: 'n', ...serializerOff });
    const seen: unknown[] = [];
    keyv.on('error', (error: unknown) => seen.push(error));
    expect(await keyv.set('k', () => 1)).toBe(false);
    expect(seen).toHaveLength(1);
    expect(
      await keyv.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: () => 1 },
      ]),
    ).toEqual([false, false]);
    expect(seen).toHaveLength(2);
    for (const error of seen) expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_VALUE_INVALID' });
    expect(await keyv.hasMany(['k', 'a', 'b'])).toEqual([false, false, false]);
    expect(await keyv.set('x'.repeat(70_000), 1)).toBe(false);
    expect(seen[2]).toMatchObject({ code: 'ERR_KEY_INVALID' });
  });

  it('keyv 5: as a rejection with `throwOnErrors`', async () => {
    const store = new KeyvMapstone(path());
    const keyv = new Keyv5({ store, throwOnErrors: true });
    await keyv.disconnect();
    await expect(keyv.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await expect(keyv.set('k', 1)).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await expect(keyv.clear()).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });

  it('the adapter itself emits nothing', async () => {
    const store = new KeyvMapstone(path());
    const seen: unknown[] = [];
    store.on('error', (error) => seen.push(error));
    await expect(store.set('k', () => 1)).rejects.toThrow(TypeError);
    await expect(store.set('', 1)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    await store.disconnect();
    await expect(store.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    expect(seen).toEqual([]);
  });

  it.each(majors)('keyv $major: a full store refuses what is new, and keeps and frees what it has', async ({ Keyv, serializerOff }) => {
    const keyv = new Keyv({ store: new KeyvMapstone({ path: path(), segmentSize: 4096, maxSize: 2 ** 17 }), ...serializerOff });
    const seen: unknown[] = [];
    keyv.on('error', (error: unknown) => seen.push(error));
    let kept = 0;
    while (await keyv.set(`k${kept}`, 'x'.repeat(1000))) kept++;
    expect(seen).toEqual([expect.objectContaining({ code: 'ERR_STORE_FULL' })]);
    expect(kept).toBeGreaterThan(20);
    for (let index = 0; index < kept; index++) expect(await keyv.has(`k${index}`)).toBe(true);
    expect(
      await keyv.setMany([
        { key: 'k0', value: 'changed' },
        { key: 'new', value: 'x'.repeat(3000) },
      ]),
    ).toEqual([false, false]);
    expect([await keyv.get('k0'), await keyv.has('new')]).toEqual(['x'.repeat(1000), false]);
    for (let index = 0; index < kept / 2; index++) expect(await keyv.delete(`k${index}`)).toBe(true);
    expect(await keyv.set('k0', 'again')).toBe(true);
  });
});
