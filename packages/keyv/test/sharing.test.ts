// Many adapters on one path, one engine beneath; and what is left when they are gone.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { KeyvMapstone } from '../src/index.js';
import { collect, five, keyvOn, setups } from './support/majors.js';

const path = tempPaths();
const openFiles = () => readdirSync('/dev/fd').length;

describe.each(setups)('a cache of fixed size, with $label', (setup) => {
  it('takes what comes, and keeps to its size', async () => {
    const at = path();
    const keyv = keyvOn(at, setup, {}, { eviction: 's3-fifo', maxSize: 2 ** 20, maxEntries: 500 });
    for (let i = 0; i < 3000; i++) expect(await keyv.set(`k${i}`, i)).toBe(true);
    expect(await keyv.get('k2999')).toBe(2999);
    const kept = await collect(keyv.iterator());
    for (const [key, value] of kept) expect(key).toBe(`k${value}`);
    expect(kept.length).toBe(500);
  });
});

describe('adapters on one path', () => {
  it('see each other at once', async () => {
    const at = path();
    const all = Array.from({ length: 10 }, () => keyvOn(at, five));
    await all[0].set('k', 1);
    for (const keyv of all) expect(await keyv.get('k')).toBe(1);
  });

  it('a thousand cost no file descriptors', async () => {
    const at = path();
    const first = new KeyvMapstone(at);
    const before = openFiles();
    const all = Array.from({ length: 1000 }, () => new KeyvMapstone(at));
    expect(openFiles() - before).toBeLessThan(5);
    await all[999].set('k', 'v');
    expect(await first.get('k')).toBe('v');
  });

  it('a disconnect closes only its own handle', async () => {
    const at = path();
    const [a, b] = [new KeyvMapstone(at), new KeyvMapstone(at)];
    await a.set('k', 'v');
    await a.disconnect();
    await a.disconnect();
    expect(await b.get('k')).toBe('v');
    await expect(a.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    await b.disconnect();
  });

  it('many Keyvs on one adapter raise no warning about listeners', async () => {
    const warnings: unknown[] = [];
    const onWarning = (warning: unknown) => warnings.push(warning);
    process.on('warning', onWarning);
    const store = new KeyvMapstone(path());
    for (let index = 0; index < 200; index++) new five.Keyv({ store });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(store.listenerCount('error')).toBe(200);
  });
});

for (const setup of setups) {
  describe(`persistence, ${setup.label}`, () => {
    it('what was set is there after a disconnect and a new opening', async () => {
      const at = path();
      const before = keyvOn(at, setup);
      await before.set('k', { a: Buffer.from('b') });
      await before.set('t', 'later', 3_600_000);
      await before.set('gone', 'x');
      await before.delete('gone');
      const { expires } = await before.getRaw('t');
      await before.disconnect();
      const after = keyvOn(at, setup);
      expect(await after.get('k')).toEqual({ a: Buffer.from('b') });
      expect((await after.getRaw('t')).expires).toBe(expires);
      expect(await after.has('gone')).toBe(false);
      await after.disconnect();
    });
  });
}
