// What is kept parsed: unstorage's own memory driver is the judge, which has every text parsed anew.
import { closeAll } from '@mapstone/engine';
import fc from 'fast-check';
import { createStorage } from 'unstorage';
import memory from 'unstorage/drivers/memory';
import { afterEach, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import mapstone from '../src/index.js';
import { ParsedTexts } from '../src/parsed.js';

const path = tempPaths();
const SEED = Number(process.env.MAPSTONE_SEED ?? 1);
afterEach(() => {
  vi.restoreAllMocks();
  closeAll();
});

const both = () => [createStorage({ driver: mapstone({ path: path() }) }), createStorage({ driver: memory() })] as const;

it('gives what unstorage makes of every text, read once or often', async () => {
  const [storage, judge] = both();
  vi.spyOn(console, 'warn').mockReturnValue(); // destr tells of each key it drops
  const texts = fc.oneof(
    fc.json(),
    fc.json().map((text) => text.slice(0, -1)),
    fc.constantFrom(
      '{"__proto__":{"a":1},"b":2}',
      '{"a":{"constructor":{"prototype":1}}}',
      '{"\\u005f_proto__":{"a":1}}',
      '[1e400,-0]',
      '{',
      '[',
      '{} x',
      ' {"a":1}',
      '[]',
      '{"a":1,"a":2}',
    ),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      for (const each of [storage, judge]) await each.setItemRaw('text', text);
      const wanted = await judge.getItem('text');
      for (let i = 0; i < 4; i++) expect(await storage.getItem('text')).toStrictEqual(wanted);
      expect(await storage.getItems(['text'])).toStrictEqual(await judge.getItems(['text']));
      expect(await storage.getItemRaw('text')).toBe(text);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('gives each reader a copy of its own', async () => {
  const [storage] = both();
  const item = () => ({ list: [1, { deep: ['a'] }], name: 'x' });
  await storage.setItem('item', item());
  for (let i = 0; i < 5; i++) {
    const found = await storage.getItem<any>('item');
    expect(found).toEqual(item());
    found.list[1].deep.push('mine');
    found.list.length = 1;
    found.name = 'changed';
  }
});

it('is never stale', async () => {
  const [storage] = both();
  for (let i = 0; i < 20; i++) {
    await storage.setItem('item', { count: i >> 1 });
    for (let read = 0; read < 3; read++) expect(await storage.getItem('item')).toEqual({ count: i >> 1 });
  }
});

it('leaves to unstorage what is nested too deep to copy', async () => {
  const [storage, judge] = both();
  const text = '['.repeat(100_000) + ']'.repeat(100_000);
  await storage.setItemRaw('deep', text);
  await judge.setItemRaw('deep', text);
  const depth = (value: unknown) => {
    let levels = 0;
    for (let at = value; Array.isArray(at); at = at[0]) levels++;
    return levels;
  };
  for (let i = 0; i < 4; i++) expect(depth(await storage.getItem('deep'))).toBe(depth(await judge.getItem('deep')));
});

it('keeps so many texts, and so many characters, and no more', () => {
  const parsed = new ParsedTexts();
  const text = (i: number, length: number) => JSON.stringify([i, 'x'.repeat(length)]);
  const isKept = (one: string) => typeof parsed.get(one) === 'object';
  for (const [count, length] of [
    [20_000, 10],
    [100, 100_000],
  ]) {
    for (let i = 0; i < count; i++) expect(isKept(text(i, length))).toBe(false);
    // The newest first: what is not kept any more would push another out.
    let kept = 0;
    while (isKept(text(count - 1 - kept, length))) kept++;
    expect(kept).toBe(length === 10 ? 10_000 : Math.floor(2 ** 22 / text(count - 1, length).length));
  }
  expect(isKept(text(0, 2 ** 21))).toBe(false);
  expect(isKept(text(0, 2 ** 21))).toBe(false);
});
