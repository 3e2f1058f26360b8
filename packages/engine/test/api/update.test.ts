// Read, change, write, as one: what `update` makes of a value, and what it does when others change it meanwhile.

import { describe, expect, test } from 'vitest';
import { codeOf, fileKinds, kinds, placeFor } from '../../../../test/support/stores.js';
import { KEEP } from '../../src/index.js';

describe.each(kinds)('update, over %s', (kind) => {
  const place = placeFor(kind);

  test('makes a value, makes another of it, deletes it, and says what is there then', () => {
    const store = place.open();
    expect(store.update('n', (n = 0) => (n as number) + 1)).toBe(1);
    expect(store.update<number>('n', (n = 0) => n + 1)).toBe(2);
    expect(store.get('n')).toBe(2);
    expect(store.update('n', () => undefined)).toBe(undefined);
    expect(store.has('n')).toBe(false);
    expect(store.update('n', () => undefined)).toBe(undefined);
  });

  test('KEEP leaves the entry, or its absence, as it is', () => {
    const store = place.open();
    store.set('a', { v: 1 });
    const { appendedBytes } = store.stats();
    expect([store.update('a', () => KEEP), store.update('x', () => KEEP)]).toEqual([{ v: 1 }, undefined]);
    expect([store.stats().appendedBytes, store.size]).toEqual([appendedBytes, 1]);
  });

  test('hands out an object of its own, to change and give back', () => {
    const store = place.open({ objectCache: { maxEntries: 10 } });
    store.set('a', { list: [1] });
    const kept = store.get<{ list: number[] }>('a');
    store.update<{ list: number[] }>('a', (value) => {
      value!.list.push(2);
      return value;
    });
    expect([kept, store.get('a')]).toEqual([{ list: [1] }, { list: [1, 2] }]);
  });

  test('keeps expiry and flag, unless told otherwise', () => {
    const store = place.open();
    store.set('a', 1, { ttl: 1000, flag: true });
    place.now += 400;
    store.update('a', () => 2);
    expect(store.getEntry('a')).toEqual({ value: 2, expiresAt: place.now + 600, flag: true });
    store.update('a', () => 3, { ttl: 5000, flag: false });
    expect(store.getEntry('a')).toEqual({ value: 3, expiresAt: place.now + 5000, flag: false });
    store.update('a', () => 4, { expiresAt: Number.POSITIVE_INFINITY });
    expect(store.expiresAt('a')).toBe(Number.POSITIVE_INFINITY);
  });

  test('options may depend on the entry: a window that begins with its first count', () => {
    const store = place.open();
    const count = () =>
      store.update(
        'hits',
        (n = 0) => (n as number) + 1,
        (entry) => (entry === undefined ? { ttl: 1000 } : {}),
      );
    expect([count(), count()]).toEqual([1, 2]);
    place.now += 999;
    expect(count()).toBe(3);
    place.now += 1;
    expect(count()).toBe(1);
  });

  test.each([
    ['another value', (store: any) => store.set('a', 10)],
    ['a deletion', (store: any) => store.delete('a')],
    ['another life', (store: any) => store.touch('a', { ttl: 1e6 })],
    ['a batch', (store: any) => store.setMany([{ key: 'a', value: 10 }])],
    ['clear', (store: any) => store.clear()],
    ['the end of its time', () => (place.now += 1000)],
  ])('starts again when there is %s in between', (_name, interfere) => {
    const store = place.open();
    store.set('a', 1, { ttl: 1000 });
    const seen: unknown[] = [];
    const result = store.update('a', (value) => {
      seen.push(value);
      if (seen.length === 1) interfere(store);
      return `after ${value}`;
    });
    expect(seen).toHaveLength(2);
    expect([result, store.get('a')]).toEqual([`after ${seen[1]}`, `after ${seen[1]}`]);
  });

  test('of an absent key starts again when it has come, also after the index has grown', () => {
    const store = place.open();
    let calls = 0;
    store.update('a', (value) => {
      if (++calls === 1) for (let i = 0; i < 30_000; i++) store.set(`more ${i}`, i);
      if (calls === 2) store.set('a', 'there');
      return [value];
    });
    expect([calls, store.get('a')]).toEqual([3, ['there']]);
  });

  test('gives up with ERR_STORE_BUSY, having changed nothing, when the entry never rests', () => {
    const store = place.open({ busyTimeout: 20 });
    let n = 0;
    expect(codeOf(() => store.update('a', () => store.set('a', ++n) ?? 'never'))).toBe('ERR_STORE_BUSY');
    expect(store.get('a')).toBe(n);
  });

  test('what the function throws, promises or gives that can not be stored changes nothing', () => {
    const store = place.open();
    store.set('a', 1);
    expect(() =>
      store.update('a', () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(codeOf(() => store.update('a', async () => 2))).toBe('ERR_OPTION_INVALID');
    expect(codeOf(() => store.update('a', () => Symbol('s')))).toBe('ERR_VALUE_INVALID');
    expect(codeOf(() => store.update('a', () => 2, { ttl: 0 }))).toBe('ERR_OPTION_INVALID');
    expect(codeOf(() => store.update('a', 2 as any))).toBe('ERR_OPTION_INVALID');
    expect(codeOf(() => store.update('', () => 2))).toBe('ERR_KEY_INVALID');
    const other = place.open();
    expect(codeOf(() => store.update('a', () => store.close() ?? 2))).toBe('ERR_STORE_CLOSED');
    expect(other.get('a')).toBe(1);
    expect(codeOf(() => other.update('a', () => other.close() ?? 2))).toBe('ERR_STORE_CLOSED');
    expect(place.open().get('a')).toBe(1);
  });

  test('a value too large for a segment, before and after', () => {
    const store = place.open({ segmentSize: 4096 });
    const large = 'x'.repeat(20_000);
    store.set('a', large);
    store.update('a', (value) => `${value}y`);
    expect(store.get('a')).toBe(`${large}y`);
    expect(store.update('a', () => 'small')).toBe('small');
  });
});

describe.each(fileKinds)('openers, over %s', (kind) => {
  const place = placeFor(kind);

  test('handles of one thread are one opener, which lives as long as one of them is open', () => {
    const [first, second] = [place.open(), place.open()];
    expect(first.opener).toBe(second.opener);
    const opener = first.opener!;
    first.close();
    expect(second.isOpenerAlive(opener)).toBe(true);
  });

  test('whoever opens again, in the same slot, is another one; and so it is in another session', () => {
    const first = place.open();
    const opener = first.opener!;
    first.close();
    const again = place.open();
    expect(again.opener).not.toBe(opener);
    expect(again.isOpenerAlive(opener)).toBe(false);
    expect(again.isOpenerAlive(again.opener!)).toBe(true);
  });

  test('who only reads has no name, and can ask', () => {
    const store = place.open();
    const opener = store.opener!;
    const reader = place.open({ readOnly: true });
    expect([reader.isOpenerAlive(opener), reader.isOpenerAlive('')]).toEqual([true, false]);
  });

  test('what is no name is no one’s', () => {
    const store = place.open();
    for (const name of ['', '-', 'x', '1', '1-2-3', `${store.opener}0`, '0-0', 'ffffffff-ffffffff', store.opener!.replace(/.-/, '-')]) {
      expect([name, store.isOpenerAlive(name)]).toEqual([name, false]);
    }
    expect(codeOf(() => store.isOpenerAlive(1 as any))).toBe('ERR_OPTION_INVALID');
  });
});
