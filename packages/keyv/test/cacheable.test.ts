// Under the real cacheable 2.5: as its second tier and as its only one, given as an adapter and as a Keyv of createKeyv.

import { Cacheable } from 'cacheable';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { createKeyv, KeyvMapstone } from '../src/index.js';

const path = tempPaths();
const stores = [
  { label: 'the adapter', make: (at: string) => new KeyvMapstone(at) },
  { label: 'createKeyv', make: (at: string) => createKeyv(at) },
];

afterEach(() => void vi.useRealTimers());

/** Every error cacheable reports fails the test. */
function loud(cache: Cacheable): Cacheable {
  cache.on('error', (error: unknown) => {
    throw error;
  });
  return cache;
}

for (const { label, make } of stores) {
  describe(`cacheable over ${label}`, () => {
    const tiers = [
      { tier: 'its only tier', open: (at: string, more: object = {}) => loud(new Cacheable({ primary: make(at), ...more })) },
      { tier: 'its second tier', open: (at: string, more: object = {}) => loud(new Cacheable({ secondary: make(at), ...more })) },
    ];

    describe.each(tiers)('as $tier', ({ open }) => {
      it('sets, gets, has, takes and deletes', async () => {
        const cache = open(path());
        expect(await cache.set('k', { a: [1] })).toBe(true);
        expect([await cache.get('k'), await cache.has('k')]).toEqual([{ a: [1] }, true]);
        expect(await cache.take('k')).toEqual({ a: [1] });
        expect([await cache.get('k'), await cache.has('k')]).toEqual([undefined, false]);
        await cache.set('k', 1);
        expect(await cache.delete('k')).toBe(true);
        expect(await cache.get('k')).toBeUndefined();
      });

      it('works in batches', async () => {
        const cache = open(path());
        await cache.setMany([
          { key: 'a', value: 1 },
          { key: 'b', value: { c: 2 }, ttl: '1h' },
        ]);
        expect(await cache.getMany(['a', 'x', 'b'])).toEqual([1, undefined, { c: 2 }]);
        expect(await cache.hasMany(['a', 'x', 'b'])).toEqual([true, false, true]);
        await cache.deleteMany(['a', 'b']);
        expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
      });

      it('expires', async () => {
        vi.useFakeTimers({ toFake: ['Date'] });
        const cache = open(path(), { ttl: 5000 });
        await cache.set('default', 1);
        await cache.set('own', 2, 1000);
        vi.setSystemTime(Date.now() + 1001);
        expect([await cache.get('default'), await cache.get('own'), await cache.has('own')]).toEqual([1, undefined, false]);
        vi.setSystemTime(Date.now() + 5000);
        expect(await cache.get('default')).toBeUndefined();
      });

      it('is warm after a restart', async () => {
        const at = path();
        const before = open(at);
        await before.set('k', { user: 'Ada' }, '1h');
        await before.disconnect();
        const after = open(at);
        expect(await after.get('k')).toEqual({ user: 'Ada' });
        expect(await after.getMany(['k'])).toEqual([{ user: 'Ada' }]);
        await after.disconnect();
      });

      it('computes a missing value once', async () => {
        const cache = open(path());
        let calls = 0;
        const compute = () => cache.getOrSet('k', async () => ++calls, { ttl: 60_000 });
        expect(await Promise.all([compute(), compute(), compute()])).toEqual([1, 1, 1]);
        expect(await compute()).toBe(1);
        const square = cache.wrap(async (n: unknown) => (n as number) ** 2 + calls++, { keyPrefix: 'square', ttl: '1m' });
        expect([await square(3), await square(3)]).toEqual([10, 10]);
      });

      it('keeps namespaces apart', async () => {
        const at = path();
        const [a, b] = [open(at, { namespace: 'a' }), open(at, { namespace: 'b' })];
        await a.set('k', 1);
        await b.set('k', 2);
        expect([await a.get('k'), await b.get('k')]).toEqual([1, 2]);
        await a.clear();
        expect([await a.get('k'), await b.get('k')]).toEqual([undefined, 2]);
      });

      it('invalidates by tag', async () => {
        const cache = open(path(), { tags: true });
        await cache.set('a', 1, { tags: ['red'] });
        await cache.set('b', 2, { tags: ['red', 'blue'] });
        await cache.set('c', 3);
        expect(await cache.getMany(['a', 'b', 'c'])).toEqual([1, 2, 3]);
        expect((await cache.tags?.getKeysByTag('red'))?.sort()).toEqual(['a', 'b']);
        await cache.tags?.invalidateTag('blue');
        expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual([1, undefined, 3]);
      });
    });

    it('two caches share what one of them writes, and when it expires', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const at = path();
      const [writer, reader] = [0, 1].map(() => loud(new Cacheable({ secondary: make(at) })));
      await writer.set('k', 'v', '1h');
      expect(await reader.get('k')).toBe('v');
      expect((await reader.primary.getRaw('k'))?.expires).toBe((await writer.primary.getRaw('k'))?.expires);
    });
  });
}
