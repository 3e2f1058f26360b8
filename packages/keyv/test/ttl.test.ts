// What a ttl means under each major, with the serializer on and off. The clock is the test's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { collect, keyvOn, setups } from './support/majors.js';

const path = tempPaths();
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

for (const setup of setups) {
  const open = (more: object = {}) => keyvOn(path(), setup, more);

  describe(`ttl, ${setup.label}`, () => {
    it('an entry lives until its ttl and not a millisecond past it', async () => {
      const keyv = open();
      await keyv.set('k', 'v', 1000);
      pass(999);
      expect([await keyv.get('k'), await keyv.has('k')]).toEqual(['v', true]);
      pass(2);
      expect([await keyv.get('k'), await keyv.has('k')]).toEqual([undefined, false]);
      expect([await keyv.getMany(['k']), await keyv.hasMany(['k'])]).toEqual([[undefined], [false]]);
      expect(await keyv.getRaw('k')).toBeUndefined();
      expect(await collect(keyv.iterator())).toEqual([]);
      expect(await keyv.delete('k')).toBe(false);
    });

    it('the same for setMany, entry by entry', async () => {
      const keyv = open();
      await keyv.setMany([
        { key: 'short', value: 1, ttl: 1000 },
        { key: 'long', value: 2, ttl: 5000 },
        { key: 'ever', value: 3 },
      ]);
      pass(1001);
      expect(await keyv.getMany(['short', 'long', 'ever'])).toEqual([undefined, 2, 3]);
      pass(5000);
      expect(await keyv.getMany(['short', 'long', 'ever'])).toEqual([undefined, undefined, 3]);
    });

    it('none and 0 mean no expiry', async () => {
      const keyv = open();
      await keyv.set('none', 1);
      await keyv.set('zero', 2, 0);
      pass(1e12);
      expect(await keyv.getMany(['none', 'zero'])).toEqual([1, 2]);
      expect((await keyv.getRaw('zero')).expires).toBeUndefined();
    });

    it("Keyv's own ttl is the default", async () => {
      const keyv = open({ ttl: 1000 });
      await keyv.set('default', 1);
      await keyv.set('own', 2, 5000);
      pass(1001);
      expect(await keyv.getMany(['default', 'own'])).toEqual([undefined, 2]);
    });

    it(setup.major === 5 ? 'a negative ttl is over at once' : 'a negative ttl is none', async () => {
      const keyv = open();
      await keyv.set('k', 'old');
      await keyv.set('k', 'v', -1000);
      expect(await keyv.get('k')).toBe(setup.major === 5 ? undefined : 'v');
      expect(await keyv.has('k')).toBe(setup.major === 6);
    });

    it('a fractional ttl is never cut short', async () => {
      const keyv = open();
      await keyv.set('k', 'v', 0.5);
      await keyv.set('m', 'v', 1000.25);
      expect([await keyv.get('k'), await keyv.has('k')]).toEqual(['v', true]);
      pass(1000);
      expect([await keyv.has('k'), await keyv.get('m'), await keyv.has('m')]).toEqual([false, 'v', true]);
      pass(2);
      expect([await keyv.get('m'), await keyv.has('m')]).toEqual([undefined, false]);
    });

    it('Infinity means never', async () => {
      const keyv = open();
      await keyv.set('k', 'v', Infinity);
      await keyv.setMany([{ key: 'm', value: 'v', ttl: Infinity }]);
      pass(1e12);
      expect([await keyv.getMany(['k', 'm']), await keyv.has('k')]).toEqual([['v', 'v'], true]);
    });

    it('a ttl past the last date there is means never', async () => {
      const keyv = open();
      await keyv.set('k', 'v', 1e20);
      await keyv.set('m', 'v', Number.MAX_SAFE_INTEGER);
      pass(1e12);
      expect([await keyv.getMany(['k', 'm']), await keyv.has('m')]).toEqual([['v', 'v'], true]);
    });

    it('getRaw tells when it expires', async () => {
      const keyv = open();
      const now = Date.now();
      await keyv.set('k', 'v', 1000);
      expect(await keyv.getRaw('k')).toEqual({ value: 'v', expires: now + 1000 });
      await keyv.set('f', 'v', 1000.5);
      expect((await keyv.getRaw('f')).expires).toBe(setup.major === 5 ? now + 1000.5 : now + 1001);
    });
  });
}
