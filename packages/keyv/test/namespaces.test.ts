// Several namespaces in one file: nothing one Keyv does reaches another's keys.
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { KeyvMapstone } from '../src/index.js';
import { collect, five, keyvOn, setups } from './support/majors.js';

const path = tempPaths();
/** A prefix of one is never, with its ':', a prefix of another. */
const names = ['a', 'ab', 'b', 'ü', 'x:y', 'x:z', '50%', '*'];

for (const setup of setups) {
  describe(`namespaces, ${setup.label}`, () => {
    const openAll = async () => {
      const at = path();
      const all = names.map((namespace) => keyvOn(at, setup, { namespace }));
      for (const [index, keyv] of all.entries())
        await keyv.setMany([
          { key: 'k', value: names[index] },
          { key: 'l:m', value: index },
        ]);
      return all;
    };

    it('keep their keys apart', async () => {
      const all = await openAll();
      for (const [index, keyv] of all.entries()) {
        expect(await keyv.get('k')).toBe(names[index]);
        expect(await keyv.getMany(['k', 'l:m'])).toEqual([names[index], index]);
      }
      expect(await all[0].delete('k')).toBe(true);
      expect(await Promise.all(all.map((keyv) => keyv.has('k')))).toEqual([false, ...names.slice(1).map(() => true)]);
    });

    it('clear reaches its own only', async () => {
      const all = await openAll();
      for (const [index, keyv] of all.entries()) {
        await keyv.clear();
        expect(await Promise.all(all.map((other) => other.has('k')))).toEqual(names.map((_, other) => other > index));
      }
    });

    it('the iterator yields its own only', async () => {
      const all = await openAll();
      for (const [index, keyv] of all.entries()) {
        // Keyv 5 cuts a key at its first ':', and so does with a namespace that has one; createKeyv does without that.
        const cut =
          setup.major === 5
            ? names[index]
                .split(':')
                .slice(1)
                .map((rest) => `${rest}:`)
                .join('')
            : '';
        expect(await collect(keyv.iterator())).toEqual([
          [`${cut}k`, names[index]],
          [`${cut}l:m`, index],
        ]);
      }
    });
  });
}

describe('namespaces under keyv 5', () => {
  it('one adapter shared by two Keyvs still reads and writes right (clear belongs to the last)', async () => {
    const store = new KeyvMapstone(path());
    const [a, b] = ['a', 'b'].map((namespace) => new five.Keyv({ store, namespace }));
    await a.set('k', 1);
    await b.set('k', 2);
    expect([await a.get('k'), await b.get('k')]).toEqual([1, 2]);
  });

  it('`useKeyPrefix: false` on both sides lets the adapter put the namespace', async () => {
    const at = path();
    const open = (namespace: string) => keyvOn(at, five, { namespace, useKeyPrefix: false }, { useKeyPrefix: false });
    const [a, b] = [open('a'), open('x:y')];
    await a.set('k', 1);
    await b.set('k', 2);
    expect([...a.store.engine.keys()].sort()).toEqual(['a:k', 'x:y:k']);
    expect(await collect(b.iterator())).toEqual([['k', 2]]);
    await b.clear();
    expect([await a.get('k'), await b.get('k')]).toEqual([1, undefined]);
  });

  it('without a namespace clear takes everything', async () => {
    const at = path();
    const named = keyvOn(at, five, { namespace: 'n' });
    const bare = keyvOn(at, five, { namespace: undefined });
    await named.set('k', 1);
    await bare.set('k', 2);
    expect([await named.get('k'), await bare.get('k'), await bare.get('n:k')]).toEqual([1, 2, 1]);
    await bare.clear();
    expect(await named.get('k')).toBeUndefined();
  });
});
