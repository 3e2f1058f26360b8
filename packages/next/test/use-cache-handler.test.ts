// The handler for 'use cache' as Next calls it, without Next.

import { text } from 'node:stream/consumers';
import { closeAll } from '@mapstone/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { type CacheEntry, createCacheHandler, createUseCacheHandler, type NextCacheOptions } from '../src/index.js';

const path = tempPaths();
const START = 1_800_000_000_000;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

const strict = (options: NextCacheOptions) =>
  createUseCacheHandler({
    flush: 'manual',
    onError: (error) => {
      throw error;
    },
    ...options,
  });

const stream = (...chunks: string[]) => new Blob(chunks).stream() as ReadableStream<Uint8Array>;
const entry = (value: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
  value: stream(value),
  tags: [],
  stale: 300,
  timestamp: Date.now(),
  expire: 3600,
  revalidate: 900,
  ...more,
});
const keep = (handler: ReturnType<typeof strict>, key: string, one: CacheEntry) => handler.set(key, Promise.resolve(one));
const read = async (handler: ReturnType<typeof strict>, key: string, softTags: string[] = []) => {
  const found = await handler.get(key, softTags);
  return found && text(found.value);
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterEach(() => void vi.useRealTimers());

it('gives what was kept, with a stream of its own for each read', async () => {
  const handler = strict({ path: path() });
  expect(await handler.get('k', [])).toBeUndefined();
  await keep(handler, 'k', entry('', { value: stream('one, ', 'two'), tags: ['t'] }));
  const [a, b] = [await handler.get('k', []), await handler.get('k', [])];
  expect(a).toMatchObject({ tags: ['t'], stale: 300, timestamp: START, expire: 3600, revalidate: 900 });
  expect([await text(a!.value), await text(b!.value)]).toEqual(['one, two', 'one, two']);
});

it('a read waits for the entry of the same key that is still being made, and for no other', async () => {
  const handler = strict({ path: path() });
  await keep(handler, 'other', entry('other'));
  let feed!: ReadableStreamDefaultController<Uint8Array>;
  const value = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) });
  const set = keep(handler, 'k', entry('', { value }));
  const order: string[] = [];
  const reading = read(handler, 'k').then((found) => order.push(`read ${found}`));
  expect(await read(handler, 'other')).toBe('other');
  order.push('the rest arrives');
  feed.enqueue(Buffer.from('whole'));
  feed.close();
  await Promise.all([set, reading]);
  expect(order).toEqual(['the rest arrives', 'read whole']);
});

it('of two sets of one key at once, a read gets the later', async () => {
  const handler = strict({ path: path() });
  let first!: (one: CacheEntry) => void;
  const slow = handler.set('k', new Promise((resolve) => (first = resolve)));
  const fast = keep(handler, 'k', entry('second'));
  await fast;
  expect(await read(handler, 'k')).toBe('second');
  first(entry('first'));
  await slow;
  expect(['first', 'second']).toContain(await read(handler, 'k'));
});

it('a read waits for the later of two sets, also when the earlier one has ended', async () => {
  const handler = strict({ path: path() });
  const first = keep(handler, 'k', entry('first'));
  let second!: (one: CacheEntry) => void;
  const later = handler.set('k', new Promise((resolve) => (second = resolve)));
  await first;
  const reading = read(handler, 'k');
  second(entry('second'));
  expect(await reading).toBe('second');
  await later;
});

it('a stream that breaks, and an entry that is never made, keep nothing and fail nothing', async () => {
  const handler = strict({ path: path() });
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(Buffer.from('half'));
      controller.error(new Error('broken'));
    },
  });
  await keep(handler, 'k', entry('', { value: broken }));
  await handler.set('l', Promise.reject(new Error('never made')));
  expect([await handler.get('k', []), await handler.get('l', [])]).toEqual([undefined, undefined]);
});

it('an entry is gone at its expire; one without a lifetime is not kept', async () => {
  const handler = strict({ path: path() });
  await keep(handler, 'k', entry('v', { expire: 60 }));
  await keep(handler, 'none', entry('v', { expire: 0 }));
  expect(await handler.get('none', [])).toBeUndefined();
  pass(59_999);
  expect(await read(handler, 'k')).toBe('v');
  pass(2);
  expect(await handler.get('k', [])).toBeUndefined();
});

it('tags: gone at once, served once more, or gone later; in every handler on the file, of either kind', async () => {
  const at = path();
  const [one, other] = [strict({ path: at }), strict({ path: at })];
  for (const tag of ['now', 'stale', 'later', 'stays']) await keep(one, tag, entry(tag, { tags: [tag] }));
  pass(1);
  await other.updateTags(['now']);
  await other.updateTags(['stale'], {});
  await other.updateTags(['later'], { expire: 10 });
  expect(await one.get('now', [])).toBeUndefined();
  expect((await one.get('stale', []))?.revalidate).toBe(-1);
  expect((await one.get('later', []))?.revalidate).toBe(-1);
  expect((await one.get('stays', []))?.revalidate).toBe(900);
  pass(10_000);
  expect([await one.get('later', []), await read(one, 'stale')]).toEqual([undefined, 'stale']);
  await new (createCacheHandler({ path: at }))({ revalidatedTags: [] }).revalidateTag('stays');
  expect(await one.get('stays', [])).toBeUndefined();
});

it.each([[Number.POSITIVE_INFINITY], [Number.MAX_SAFE_INTEGER]])('an entry that expires in %d s is kept, and replaced', async (expire) => {
  const handler = strict({ path: path() });
  for (const value of ['one', 'two', 'three']) {
    await keep(handler, 'k', entry(value, { expire }));
    expect(await read(handler, 'k')).toBe(value);
  }
});

it('soft tags count as tags, and getExpiration says when one of them expired last', async () => {
  const handler = strict({ path: path() });
  await keep(handler, 'k', entry('v'));
  expect(await handler.getExpiration(['a', 'b'])).toBe(0);
  pass(5);
  await handler.updateTags(['a']);
  pass(5);
  await handler.updateTags(['b'], { expire: 60 });
  expect(await handler.getExpiration(['a', 'b'])).toBe(START + 5);
  expect(await handler.getExpiration([])).toBe(0);
  expect([await handler.get('k', ['a']), await read(handler, 'k', ['c'])]).toEqual([undefined, 'v']);
  pass(60_000);
  expect(await handler.getExpiration(['a', 'b'])).toBe(START + 10);
  await handler.refreshTags();
});

it('an entry that was revalidated while it was made is not kept', async () => {
  const handler = strict({ path: path() });
  const made = entry('of the old data', { tags: ['t'] });
  pass(1);
  await handler.updateTags(['t']);
  await keep(handler, 'k', made);
  expect(await handler.get('k', [])).toBeUndefined();
});

it.each([
  { when: 'in the millisecond of a revalidation', timestamp: START + 0.7 },
  { when: 'by a clock that is ahead', timestamp: START + 3000.25 },
])('an entry that was made $when is gone with it', async ({ timestamp }) => {
  const handler = strict({ path: path() });
  await keep(handler, 'k', entry('v', { tags: ['t'], timestamp }));
  await keep(handler, 'soft', entry('v', { timestamp }));
  expect([await read(handler, 'k'), await read(handler, 'soft', ['t'])]).toEqual(['v', 'v']);
  await handler.updateTags(['t']);
  expect([await handler.get('k', []), await handler.get('soft', ['t'])]).toEqual([undefined, undefined]);
  // Next compares this with the timestamp that it was given.
  expect(await handler.getExpiration(['t'])).toBe((await handler.get('soft'))?.timestamp);
});

describe('tags', () => {
  it('a later revalidation never takes back an earlier one', async () => {
    const handler = strict({ path: path() });
    await keep(handler, 'k', entry('v', { tags: ['t'] }));
    pass(1);
    await handler.updateTags(['t']);
    pass(1);
    await handler.updateTags(['t'], { expire: 3600 });
    expect(await handler.get('k', [])).toBeUndefined();
    await keep(handler, 'k', entry('v', { tags: ['t'] }));
    pass(1);
    await handler.updateTags(['t'], { expire: 10 });
    await handler.updateTags(['t'], { expire: 1000 });
    await handler.updateTags(['t'], {});
    pass(10_000);
    expect(await handler.get('k', [])).toBeUndefined();
  });

  it('more than there is room for: all that was made so far counts as revalidated, and nothing is forgotten', async () => {
    const handler = strict({ path: path() });
    await keep(handler, 'k', entry('v', { tags: ['first'] }));
    await keep(handler, 'untagged', entry('v'));
    pass(1);
    await handler.updateTags(['first']);
    const long = 'x'.repeat(60_000);
    for (let i = 0; i < 300; i++) await handler.updateTags([`${i}${long}`]);
    expect([await handler.get('k', []), await handler.get('untagged', [])]).toEqual([undefined, undefined]);
    pass(1);
    await keep(handler, 'untagged', entry('new'));
    expect(await read(handler, 'untagged')).toBe('new');
  });
});

it('keys of any length, and megabytes, come back', async () => {
  const handler = strict({ path: path() });
  const long = JSON.stringify(['function', [{ argument: 'x'.repeat(200_000) }]]);
  await keep(handler, long, entry('long'));
  await keep(handler, `${long}.`, entry('longer'));
  expect([await read(handler, long), await read(handler, `${long}.`)]).toEqual(['long', 'longer']);
  const large = 'y'.repeat(5_000_000);
  await keep(handler, 'large', entry(large));
  expect((await read(handler, 'large')) === large).toBe(true);
});

describe('hostile input', () => {
  const keys = [
    '',
    '\0',
    'a\0b',
    'a\0c',
    '..',
    '../../etc/passwd',
    '/',
    '__proto__',
    '\ud800',
    '\udfff',
    'a\ud800',
    '\ufffd',
    'é',
    'e\u0301',
    'x'.repeat(65_536),
    'x'.repeat(65_537),
  ];

  it('every key, whatever is in it, names an entry of its own, after a restart too', async () => {
    const at = path();
    const handler = strict({ path: at });
    for (const [i, key] of keys.entries()) await keep(handler, key, entry(`value ${i}`));
    const expected = keys.map((_, i) => `value ${i}`);
    expect(await Promise.all(keys.map((key) => read(handler, key)))).toEqual(expected);
    closeAll();
    const again = strict({ path: at });
    expect(await Promise.all(keys.map((key) => read(again, key)))).toEqual(expected);
  });

  it('a tag may be any string', async () => {
    const handler = strict({ path: path() });
    const tags = keys.filter((key) => key.length < 60_000);
    for (const tag of tags) await keep(handler, `of ${tag}`, entry('v', { tags: [tag] }));
    pass(1);
    await handler.updateTags([tags[1]]);
    expect(await Promise.all(tags.map((tag) => read(handler, `of ${tag}`)))).toEqual(tags.map((_, i) => (i === 1 ? undefined : 'v')));
  });

  it('a stream of 100 MB comes back whole', { timeout: 120_000 }, async () => {
    const handler = strict({ path: path() });
    await keep(handler, 'other', entry('other'));
    await keep(handler, 'large', entry('', { value: megabytes(100) }));
    let [bytes, sum] = [0, 0];
    for await (const chunk of (await handler.get('large', []))!.value as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      for (let at = 0; at < chunk.length; at += 2 ** 20) sum += chunk[at];
    }
    expect([bytes, sum]).toEqual([100 * 2 ** 20, 4950]);
    expect(await read(handler, 'other')).toBe('other');
  });

  it('one that the file has no room for is told, keeps nothing, and takes nothing with it but what it replaces', { timeout: 120_000 }, async () => {
    const told: any[] = [];
    const handler = createUseCacheHandler({ path: path(), maxSize: 2 ** 24, onError: (error) => told.push(error) });
    for (const key of ['other', 'large']) await keep(handler, key, entry(key));
    await keep(handler, 'large', entry('', { value: megabytes(100) }));
    expect(await handler.get('large', [])).toBeUndefined();
    expect(told.map(({ code }) => code)).toEqual(['ERR_VALUE_TOO_LARGE']);
    expect(await read(handler, 'other')).toBe('other');
  });
});

/** Of each megabyte the first byte says which it is. */
function megabytes(count: number): ReadableStream<Uint8Array> {
  let i = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = new Uint8Array(2 ** 20);
      chunk[0] = i;
      controller.enqueue(chunk);
      if (++i === count) controller.close();
    },
  });
}
