// The store by itself: expiry, touch in place, prefixes, callbacks.
import { closeAll } from '@mapstone/engine';
import session from 'express-session';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneStore, type MapstoneStoreOptions } from '../src/index.js';
import { type Promised, promised } from './support/promised.js';

const path = tempPaths();
const DAY = 86_400_000;
let file: string;
let store: Promised;
const open = (options: Partial<MapstoneStoreOptions> = {}) => promised(new MapstoneStore({ path: file, ...options }));
const cookie = (maxAge: number | null) => ({ originalMaxAge: maxAge, expires: maxAge === null ? null : new Date(Date.now() + maxAge) });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  file = path();
  store = open();
});
afterEach(() => {
  vi.useRealTimers();
  closeAll();
});

describe('a session', () => {
  it('comes back as what JSON makes of it, after a restart too', async () => {
    const data = { cookie: cookie(60_000), user: { name: 'Ada', seen: new Date(0) }, views: 7, gone: undefined };
    await store.set('id', data);
    store.store.close();
    store = open();
    expect(await store.get('id')).toEqual(JSON.parse(JSON.stringify(data)));
    expect(await store.get('other')).toBe(null);
  });

  it('lives as long as its cookie', async () => {
    await store.set('id', { cookie: cookie(60_000) });
    vi.advanceTimersByTime(59_999);
    expect(await store.get('id')).not.toBe(null);
    vi.advanceTimersByTime(1);
    expect(await store.get('id')).toBe(null);
    expect(await store.length()).toBe(0);
    expect(await store.all()).toEqual({});
  });

  it('whose cookie ends with the browser lives a day after its last use, or as long as ttl says', async () => {
    const short = open({ prefix: 'short:', ttl: 1_000 });
    for (const one of [store, short]) await one.set('id', { cookie: cookie(null) });
    vi.advanceTimersByTime(1_000);
    expect([await store.get('id'), await short.get('id')]).toEqual([{ cookie: cookie(null) }, null]);
    vi.advanceTimersByTime(DAY - 2_000);
    await store.touch('id', { cookie: cookie(null) });
    vi.advanceTimersByTime(DAY - 1);
    expect(await store.get('id')).not.toBe(null);
    vi.advanceTimersByTime(1);
    expect(await store.get('id')).toBe(null);
  });

  it('takes real cookies of express-session, and dates as text', async () => {
    const real = new (session as any).Cookie({ maxAge: 1_000 });
    await store.set('real', { cookie: real });
    await store.set('text', { cookie: { originalMaxAge: 1_000, expires: new Date(Date.now() + 1_000).toISOString() } });
    expect(await store.length()).toBe(2);
    vi.advanceTimersByTime(1_000);
    expect(await store.length()).toBe(0);
  });

  it('that has expired when it is set is gone', async () => {
    await store.set('id', { cookie: cookie(60_000), views: 1 });
    await store.set('id', { cookie: cookie(-1), views: 2 });
    expect(await store.get('id')).toBe(null);
  });
});

describe('touch', () => {
  it('moves the expiry and changes nothing else', async () => {
    await store.set('id', { cookie: cookie(60_000), views: 7 });
    vi.advanceTimersByTime(30_000);
    // What was changed and not saved is not saved by a touch.
    await store.touch('id', { cookie: cookie(60_000), views: 8 });
    vi.advanceTimersByTime(59_999);
    const found = await store.get('id');
    expect(found!.views).toBe(7);
    expect(new Date(found!.cookie.expires).getTime() - Date.now()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await store.get('id')).toBe(null);
  });

  it('keeps another lifetime of the cookie, which express-session does not save', async () => {
    await store.set('id', { cookie: cookie(null), views: 7 });
    for (const maxAge of [60_000, 1_000, null]) {
      await store.touch('id', { cookie: cookie(maxAge), views: 8 });
      expect(await store.get('id')).toEqual(JSON.parse(JSON.stringify({ cookie: cookie(maxAge), views: 7 })));
    }
    await store.touch('id', { cookie: cookie(1_000) });
    vi.advanceTimersByTime(1_000);
    expect(await store.get('id')).toBe(null);
  });

  it('keeps an end that a cookie without a maxAge was given, and its lack', async () => {
    const until = (expires: Date | null) => ({ originalMaxAge: null, expires });
    await store.set('id', { cookie: until(null) });
    await store.touch('id', { cookie: until(new Date(Date.now() + 1_000)) });
    expect((await store.get('id'))!.cookie.expires).toBe(new Date(Date.now() + 1_000).toISOString());
    await store.touch('id', { cookie: until(null) });
    expect((await store.get('id'))!.cookie.expires).toBe(null);
  });

  it('brings nothing back', async () => {
    await store.touch('never', { cookie: cookie(60_000) });
    await store.set('id', { cookie: cookie(60_000) });
    await store.destroy('id');
    await store.touch('id', { cookie: cookie(60_000) });
    expect(await store.length()).toBe(0);
  });
});

describe('all, length and clear', () => {
  it('tell of the live sessions of their prefix', async () => {
    const other = open({ prefix: 'other:' });
    for (const sid of ['a', 'b', '__proto__']) await store.set(sid, { cookie: cookie(60_000), sid });
    await other.set('a', { cookie: cookie(60_000) });
    const all = await store.all();
    expect(Object.keys(all).sort()).toEqual(['__proto__', 'a', 'b']);
    expect(Object.entries(all).every(([sid, data]) => data.sid === sid)).toBe(true);
    vi.advanceTimersByTime(30_000);
    await store.touch('a', { cookie: cookie(60_000) });
    expect((await store.all()).a.cookie.expires).toBe(new Date(Date.now() + 60_000).toISOString());
    expect([await store.length(), await other.length()]).toEqual([3, 1]);
    await store.clear();
    expect([await store.length(), await other.length()]).toEqual([0, 1]);
  });
});

describe('callbacks', () => {
  it('come later, and once', async () => {
    const order: string[] = [];
    const calls: ((done: () => void) => void)[] = [
      (done) => store.store.get('id', done),
      (done) => store.store.set('id', { cookie: cookie(60_000) } as any, done),
      (done) => store.store.touch('id', { cookie: cookie(60_000) } as any, done),
      (done) => store.store.destroy('id', done),
      (done) => store.store.all(done),
      (done) => store.store.length(done),
      (done) => store.store.clear(done),
      (done) => store.store.get('', done),
    ];
    for (const call of calls) call(() => order.push('called back'));
    order.push('returned');
    await new Promise(setImmediate);
    expect(order).toEqual(['returned', ...calls.map(() => 'called back')]);
  });

  it('may be left out', async () => {
    store.store.set('id', { cookie: cookie(60_000) } as any);
    store.store.touch('id', { cookie: cookie(60_000) } as any);
    expect(await store.length()).toBe(1);
    store.store.destroy('id');
    store.store.clear();
    expect(await store.length()).toBe(0);
  });

  it('that are left out leave what goes wrong to the caller', () => {
    expect(() => store.store.set('id', null as any)).toThrow(expect.objectContaining({ code: 'ERR_VALUE_INVALID' }));
    store.store.close();
    for (const call of [() => store.store.destroy('id'), () => store.store.clear()])
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_STORE_CLOSED' }));
  });

  it('get what goes wrong, and what was there stays', async () => {
    const cyclic: any = { cookie: cookie(60_000) };
    cyclic.self = cyclic;
    await store.set('id', { cookie: cookie(60_000), views: 1 });
    await expect(store.set('id', cyclic)).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_VALUE_INVALID',
      message: expect.stringContaining('circular'),
      cause: expect.any(TypeError),
    });
    await expect(store.set('id', { cookie: { expires: 'never' }, views: 2 })).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' });
    await expect(store.set('x'.repeat(65_536), { cookie: cookie(60_000) })).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    expect((await store.get('id'))!.views).toBe(1);
    store.store.close();
    for (const call of [store.get('id'), store.set('id', {}), store.destroy('id'), store.all(), store.length(), store.clear()]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
    }
  });
});

describe('what is no session', () => {
  const noSessions: [string, any][] = [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['a number', 7],
    ['a string', 'x'],
    ['a bigint', 1n],
    ['a function', () => ({})],
    ['a symbol', Symbol('x')],
    ['an array', []],
    ['what JSON turns into null', { cookie: cookie(60_000), toJSON: () => null }],
    ['what JSON turns into nothing', { cookie: cookie(60_000), toJSON: () => undefined }],
    ['an invalid date', new Date(Number.NaN)],
  ];

  it.each(noSessions)('%s: is refused, and the saved one stays', async (_name, data) => {
    await store.set('id', { cookie: cookie(60_000), views: 1 });
    await expect(store.set('id', data)).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_VALUE_INVALID', message: expect.stringContaining('session') });
    if (typeof data !== 'object' || data === null) await expect(store.touch('id', data)).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID' });
    expect((await store.get('id'))!.views).toBe(1);
    expect(Object.keys(await store.all())).toEqual(['id']);
  });

  it.each([[undefined], [null], [7], [''], [{}], [['id']]] as any[])('the id %j: is refused by every call', async (sid) => {
    await store.set('id', { cookie: cookie(60_000), views: 1 });
    const message = expect.stringContaining('session id');
    for (const call of [store.get(sid), store.set(sid, { cookie: cookie(60_000) }), store.touch(sid, { cookie: cookie(60_000) }), store.destroy(sid)]) {
      await expect(call).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_KEY_INVALID', message });
    }
    expect(Object.keys(await store.all())).toEqual(['id']);
  });

  it('but is in the file: get says so, and all() has the others', async () => {
    await store.set('id', { cookie: cookie(60_000), views: 1 });
    for (const [i, kept] of ['null', '7', 'no JSON', '[]', 7].entries()) {
      store.store.engine.set(`sess:bad ${i}`, kept);
      await expect(store.get(`bad ${i}`)).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID', message: expect.stringContaining('no session') });
      await store.touch(`bad ${i}`, { cookie: cookie(1_000) });
      expect(store.store.engine.get(`sess:bad ${i}`)).toBe(kept);
    }
    expect(Object.keys(await store.all())).toEqual(['id']);
    expect((await store.get('id'))!.views).toBe(1);
  });
});

describe('options', () => {
  it('may bring a serializer', async () => {
    const serializer = { stringify: (data: any) => `v1 ${JSON.stringify(data)}`, parse: (text: string) => JSON.parse(text.slice(3)) };
    const own = open({ serializer });
    await own.set('id', { cookie: cookie(60_000), views: 1 });
    expect((await own.get('id'))!.views).toBe(1);
    expect(own.store.engine.get('sess:id')).toMatch(/^v1 \{/);
  });

  it('may bring a serializer that throws what is no error', async () => {
    const no = () => {
      throw 'no';
    };
    const own = open({ serializer: { stringify: no, parse: no } });
    await store.set('id', { cookie: cookie(60_000) });
    for (const call of [own.get('id'), own.set('id', { cookie: cookie(60_000) })])
      await expect(call).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID', message: expect.stringMatching(/: no$/) });
    expect(await own.all()).toEqual({});
  });

  it('go on to the engine, which judges them', () => {
    expect(() => open({ segmentSize: 1000 })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }));
  });

  it.each([undefined, {}, { path: '' }, { path: 'x', prefix: 7 }, { path: 'x', ttl: 0 }, { path: 'x', ttl: '1d' }])('%j are refused', (options: any) => {
    expect(() => new MapstoneStore(options)).toThrow(/MapstoneStore\(\{ (path|prefix|ttl) \}\)/);
  });
});
