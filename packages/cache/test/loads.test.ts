// getOrSet in one process, where what two caches on one file do to each other is what two processes do; and with the clock in hand.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import type { MapstoneCache } from '../src/index.js';
import { bench, deferred, START, settle } from './support/caches.js';

const { open, pass } = bench();

/** A lease of a living opener, for a load that is not in this thread. */
function leaseElsewhere(cache: MapstoneCache): void {
  const lease = [cache.engine.opener, 'its token', START + 30_000, [], 30_000];
  cache.engine.set(':k', ['\u0001mapstone-cache', 0, 0, 0, 0, 0, 0, lease]);
}

describe('getOrSet', () => {
  it('makes a value once, and stores it for its ttl', async () => {
    const cache = open();
    const load = vi.fn(async () => ({ made: load.mock.calls.length }));
    expect(await cache.getOrSet('k', load, '10s')).toEqual({ made: 1 });
    expect(await cache.getOrSet('k', load, '10s')).toEqual({ made: 1 });
    expect([cache.get('k'), cache.ttl('k')]).toEqual([{ made: 1 }, 10_000]);
    pass(10_000);
    expect(await cache.getOrSet('k', load)).toEqual({ made: 2 });
    expect(cache.ttl('k')).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([[0], [false], [''], [Number.NaN], [['\u0001mapstone-cache', 1]]])('keeps %o', async (value) => {
    const cache = open();
    const load = vi.fn(() => value);
    expect([await cache.getOrSet('k', load), await cache.getOrSet('k', load)]).toEqual([value, value]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('many callers of two caches share one call, also of a synchronous function', async () => {
    const [a, b] = [open(), open()];
    const load = vi.fn(() => 'made');
    const calls = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a : b).getOrSet('k', load));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['made']));
    expect(load).toHaveBeenCalledTimes(1);
    expect([a.stats().own, b.stats().own]).toMatchObject([
      { loads: 1, coalesced: 9, misses: 10, hits: 0 },
      { loads: 0, coalesced: 10, misses: 10, hits: 0 },
    ]);
  });

  it('an error goes to all who wait, and is not kept', async () => {
    const cache = open();
    const failure = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    const load = vi.fn(async () => {
      throw failure;
    });
    const calls = [1, 2, 3].map(() => cache.getOrSet('k', load));
    for (const call of await Promise.allSettled(calls)) expect(call).toEqual({ status: 'rejected', reason: failure });
    expect(load).toHaveBeenCalledTimes(1);
    expect([cache.has('k'), await cache.getOrSet('k', () => 'up')]).toEqual([false, 'up']);
  });

  const unkeepable: [string, () => unknown, object][] = [
    ['a message larger than the cache', () => new Error('x'.repeat(2 ** 21)), { name: 'Error', message: 'x'.repeat(4096) }],
    ['nothing that has a text', () => Object.create(null), { name: 'Error', message: 'an error that has no text' }],
    ['a symbol for a name', () => Object.assign(new Error('m'), { name: Symbol('s') }), { name: 'Symbol(s)', message: 'm' }],
    ['a function for a message', () => Object.assign(new Error('m'), { message: () => 1 }), { message: '() => 1' }],
    ['a message and a code that throw', () => hostile(new Error('m')), { name: 'Error', message: '' }],
    ['half a character', () => new Error('\ud83d'), { message: '\ufffd' }],
  ];
  const hostile = (error: Error) => {
    const get = () => {
      throw new Error('no');
    };
    return Object.defineProperties(error, { message: { get }, code: { get } });
  };

  it.each(unkeepable)('an error with %s ends the load, and is kept as far as can be', async (_name, make, kept) => {
    const cache = open({ maxSize: '1mb' });
    const thrown = make();
    const fail = () => {
      throw thrown;
    };
    expect(await cache.getOrSet('k', fail, { errorTtl: '5s' }).catch((error) => error === thrown)).toBe(true);
    await expect(cache.getOrSet('k', () => 'ok')).rejects.toMatchObject(kept);
    expect(await cache.getOrSet('l', fail).catch((error) => error === thrown)).toBe(true);
    expect(await cache.getOrSet('l', () => 'ok')).toBe('ok');
  });

  it('an error the store can not take ends the load all the same, and is told of', async () => {
    const cache = open({}, { quiet: true });
    const errors: unknown[] = [];
    cache.on('error', (error, key) => errors.push([(error as Error).message, key]));
    const { promise, reject } = deferred<string>();
    const call = cache.getOrSet('k', () => promise, { errorTtl: '1m' });
    vi.spyOn(cache.engine, 'update').mockImplementationOnce(() => {
      throw Object.assign(new Error('no room'), { code: 'ERR_VALUE_TOO_LARGE' });
    });
    reject(new Error('down'));
    await expect(call).rejects.toThrow('down');
    expect(errors).toEqual([['no room', 'k']]);
    expect(await cache.getOrSet('k', () => 'up')).toBe('up');
  });

  it('an error that is kept for a while rejects until then', async () => {
    const cache = open({ errorTtl: '5s' });
    const load = vi.fn(async () => {
      throw Object.assign(new RangeError('down'), { code: 'E_DOWN' });
    });
    for (let i = 0; i < 3; i++) await expect(cache.getOrSet('k', load)).rejects.toMatchObject({ name: 'RangeError', message: 'down', code: 'E_DOWN' });
    expect(load).toHaveBeenCalledTimes(1);
    expect([cache.get('k'), cache.has('k'), cache.ttl('k')]).toEqual([undefined, false, undefined]);
    cache.set('k', 'by hand');
    expect(await cache.getOrSet('k', load)).toBe('by hand');
    cache.delete('k');
    await expect(cache.getOrSet('k', load)).rejects.toThrow('down');
    pass(5000);
    expect(await cache.getOrSet('k', () => 'up')).toBe('up');
  });

  it.each([
    ['invalidateTag', (cache: MapstoneCache) => cache.invalidateTag('t')],
    ['expire', (cache: MapstoneCache) => expect(cache.expire('k')).toBe(false)],
  ] as const)('%s ends an error that is kept, also one of a load under way', async (_name, end) => {
    const cache = open({ errorTtl: '1h' });
    const fail = async () => {
      throw new Error('down');
    };
    for (const isUnderWay of [false, true]) {
      const call = cache.getOrSet('k', fail, { tags: ['t'] });
      if (isUnderWay) end(cache);
      await expect(call).rejects.toThrow('down');
      if (!isUnderWay) end(cache);
      expect(await cache.getOrSet('k', () => 'up')).toBe('up');
      cache.delete('k');
    }
  });

  it.each([[undefined], [null]])('%s is not kept, unless asked for, for its own time', async (nothing) => {
    const cache = open({ ttl: '1h' });
    const load = vi.fn(async () => nothing);
    expect([await cache.getOrSet('k', load), await cache.getOrSet('k', load), cache.has('k')]).toEqual([nothing, nothing, false]);
    expect(load).toHaveBeenCalledTimes(2);
    const keeping = open({ ttl: '1h', negative: '10s', namespace: 'n' });
    expect([await keeping.getOrSet('k', load), await keeping.getOrSet('k', load), keeping.has('k'), keeping.ttl('k')]).toEqual([
      nothing,
      nothing,
      true,
      10_000,
    ]);
    expect(load).toHaveBeenCalledTimes(3);
    expect(await keeping.getOrSet('l', load, { negative: true }).then(() => keeping.ttl('l'))).toBe(3_600_000);
    expect(await keeping.getOrSet('m', load, { negative: false }).then(() => keeping.has('m'))).toBe(false);
    const both = open({ ttl: '1s', negative: true, namespace: 'b' });
    expect(await both.getOrSet('k', load, { ttl: '1h' }).then(() => both.ttl('k'))).toBe(3_600_000);
    keeping.set('u', undefined);
    expect(keeping.has('u')).toBe(true);
  });

  it('a value that can not be stored is the caller’s error, and the next call loads again', async () => {
    const cache = open();
    await expect(cache.getOrSet('k', () => () => 1)).rejects.toMatchObject({ code: 'ERR_VALUE_INVALID' });
    expect(await cache.getOrSet('k', () => 1)).toBe(1);
  });

  it('a value the store has no room for is given, told of, and not kept', async () => {
    const cache = open({ maxSize: '1mb' }, { quiet: true });
    const errors: unknown[] = [];
    cache.on('error', (error, key) => errors.push([(error as any).code, key]));
    expect((await cache.getOrSet('k', () => 'x'.repeat(2 ** 21))).length).toBe(2 ** 21);
    expect([errors, cache.has('k')]).toEqual([[['ERR_VALUE_TOO_LARGE', 'k']], false]);
  });

  it('a value that is made is given even if the cache is closed meanwhile', async () => {
    const cache = open();
    const { promise, resolve } = deferred<number>();
    const call = cache.getOrSet('k', () => promise);
    cache.close();
    resolve(1);
    expect(await call).toBe(1);
  });

  it('a load that never ends holds up those of its own process for as long as its lease, and is forgotten then', async () => {
    const cache = open({ lease: '10s' });
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START });
    const never = () => new Promise(() => undefined);
    void cache.getOrSet('k', never);
    const { promise, resolve } = deferred<string>();
    const load = vi.fn(() => promise);
    const calls = [1, 2].map(() => cache.getOrSet('k', load));
    await vi.advanceTimersByTimeAsync(9999);
    expect(load).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(1);
    expect([load.mock.calls.length, vi.getTimerCount()]).toEqual([1, 1]);
    resolve('made');
    expect([await Promise.all(calls), cache.get('k')]).toEqual([['made', 'made'], 'made']);
    // A load that ends in time leaves nothing to fire.
    expect(vi.getTimerCount()).toBe(0);
  });

  it('nobody joins a load of a cache that is closed; who has joined gets its value', async () => {
    const [a, b] = [open({ lease: '10s' }), open({ lease: '10s' })];
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START });
    const { promise, resolve } = deferred<string>();
    const calls = [a, a, b].map((cache) => cache.getOrSet('k', () => promise));
    a.close();
    expect(await b.getOrSet('k', () => 'of b')).toBe('of b');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await calls[2]).toBe('of b');
    resolve('late');
    expect(await Promise.all(calls.slice(0, 2))).toEqual(['late', 'late']);
  });

  it('a load of a cache that is closed holds up nobody who has the file open', async () => {
    const [a, b] = [open({ ttl: '10s', staleIfError: '1h' }), open()];
    a.set('old', 'old');
    pass(10_000);
    const { promise, resolve } = deferred<string>();
    const calls = ['k', 'old'].map((key) => a.getOrSet(key, () => promise));
    a.close();
    expect(await Promise.all(['k', 'old'].map((key) => b.getOrSet(key, () => `made for ${key}`)))).toEqual(['made for k', 'made for old']);
    resolve('late');
    expect(await Promise.all(calls)).toEqual(['late', 'late']);
    expect(b.getMany(['k', 'old'])).toEqual(['made for k', 'made for old']);
  });

  it.each<[string, () => unknown, unknown]>([
    [
      'failed',
      () => {
        throw new Error('down');
      },
      'rejected: down',
    ],
    ['found nothing', () => null, null],
    ['made what can not be kept', () => 'x'.repeat(2 ** 23), 'own'],
  ])('who waits for another process’s load that %s does not wait for that process’s next one', async (_name, end, wanted) => {
    const cache = open({}, { quiet: true });
    // Another copy of this package, which knows nothing of the loads of this one, as in another process.
    vi.resetModules();
    const elsewhere = await import('../src/index.js');
    const sleeps = [deferred<void>(), deferred<void>()];
    let slept = 0;
    const sleep = () => sleeps[slept++].promise;
    const waiting = new elsewhere.MapstoneCache({ path: cache.engine.path, maxSize: '4mb' }, { random: () => 0, sleep });
    const [first, second] = [deferred<void>(), deferred<string>()];
    const failing = cache.getOrSet('k', () => first.promise.then(end)).catch(() => undefined);
    const call = waiting.getOrSet('k', () => 'own').catch((error) => `rejected: ${error.message}`);
    first.resolve();
    await failing;
    const next = cache.getOrSet('k', () => second.promise);
    sleeps[0].resolve();
    await settle();
    second.resolve('second');
    await next;
    sleeps[1].resolve();
    expect([await call, slept]).toEqual([wanted, 1]);
    expect(cache.get('k')).toBe('second');
  });

  it('a load that never ends is not kept in the heap for longer than its lease', async () => {
    const cache = open({ lease: '10s' });
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START });
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const begin = () => {
      const load = () => new Promise(() => undefined);
      void cache.getOrSet('k', load);
      return new WeakRef(load);
    };
    const load = begin();
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    await settle();
    gc();
    expect(load.deref()).toBeUndefined();
  });

  it('nobody waits for longer than the lease because the clock was set back', async () => {
    const cache = open({}, { sleep: settle });
    leaseElsewhere(cache);
    pass(-29_999);
    const call = cache.getOrSet('k', () => 'made');
    await settle();
    pass(-1);
    expect(await Promise.race([call, new Promise((resolve) => setTimeout(resolve, 500, 'waits'))])).toBe('made');
    cache.close();
    await call.catch(() => undefined);
  });

  it('a holder that dies after the clock was set back is succeeded at once', async () => {
    const cache = open({}, { sleep: settle });
    leaseElsewhere(cache);
    const call = cache.getOrSet('k', () => 'made');
    pass(-20_000);
    vi.spyOn(cache.engine, 'isOpenerAlive').mockReturnValue(false);
    expect(await Promise.race([call, new Promise((resolve) => setTimeout(resolve, 500, 'waits'))])).toBe('made');
    cache.close();
    await call.catch(() => undefined);
  });

  it('refuses what is no function and no option', async () => {
    const cache = open();
    for (const call of [cache.getOrSet('k', 1 as any), cache.getOrSet('k', () => 1, { timeout: 'x' }), cache.getOrSet('', () => 1)]) {
      await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(OPTION|KEY)_INVALID$/) });
    }
  });
});

describe('what comes during a load is not undone by it', () => {
  const cases: [string, (cache: any) => void, unknown][] = [
    ['delete', (cache) => cache.delete('k'), undefined],
    ['deleteMany', (cache) => cache.deleteMany(['k']), undefined],
    ['clear', (cache) => cache.clear(), undefined],
    ['clear of everything', (cache) => cache.engine.clear(), undefined],
    ['expire', (cache) => expect(cache.expire('k')).toBe(false), undefined],
    ['invalidateTag', (cache) => cache.invalidateTag('t'), undefined],
    ['a tag that is evicted', (cache) => cache.engine.delete('n#t'), undefined],
    ['the lease evicted', (cache) => cache.engine.delete('n:k'), undefined],
    ['set', (cache) => cache.set('k', 'newer'), 'newer'],
    ['setMany', (cache) => cache.setMany([{ key: 'k', value: 'newer' }]), 'newer'],
  ];

  it.each(cases)('%s', async (_name, meanwhile, after) => {
    const cache = open({ namespace: 'n' });
    const { promise, resolve } = deferred<string>();
    const call = cache.getOrSet('k', () => promise, { tags: ['t'] });
    meanwhile(cache);
    resolve('older');
    expect([await call, cache.get('k')]).toEqual(['older', after]);
    expect(await cache.getOrSet('k', () => 'made after')).toBe(after ?? 'made after');
  });

  it.each(cases.slice(0, 6))('%s: who asks after it does not get what was asked for before it', async (_name, meanwhile) => {
    const cache = open({ namespace: 'n' });
    const { promise, resolve } = deferred<string>();
    const before = cache.getOrSet('k', () => promise, { tags: ['t'] });
    meanwhile(cache);
    const after = cache.getOrSet('k', () => 'newer', { tags: ['t'] });
    resolve('older');
    expect(await before).toBe('older');
    expect([await after, cache.get('k')]).toEqual(['newer', 'newer']);
  });

  it.each([
    ['delete', true, 'of after'],
    ['expire', false, 'old'],
  ] as const)('%s during a refresh', async (call, answer, next) => {
    const cache = open({ ttl: '10s', stale: '1m' });
    cache.set('k', 'old');
    pass(10_000);
    const { promise, resolve } = deferred<string>();
    expect(await cache.getOrSet('k', () => promise)).toBe('old');
    expect(cache[call]('k')).toBe(answer);
    resolve('of before');
    await settle();
    expect([cache.get('k'), await cache.getOrSet('k', () => 'of after')]).toEqual([undefined, next]);
    await settle();
    expect(cache.get('k')).toBe('of after');
  });
});

describe('stale while revalidate', () => {
  it('gives the old value at once, and one of all makes a new one', async () => {
    const [a, b] = [open({ ttl: '10s', stale: '1m' }), open({ ttl: '10s', stale: '1m' })];
    const { promise, resolve } = deferred<string>();
    const load = vi.fn(() => promise);
    a.set('k', 'old');
    pass(10_000);
    expect([a.get('k'), a.has('k'), a.ttl('k')]).toEqual([undefined, false, undefined]);
    expect(await Promise.all([a, b, a, b].map((cache) => cache.getOrSet('k', load)))).toEqual(['old', 'old', 'old', 'old']);
    expect(load).toHaveBeenCalledTimes(1);
    resolve('new');
    await settle();
    expect([a.get('k'), await b.getOrSet('k', load), a.ttl('k')]).toEqual(['new', 'new', 10_000]);
    expect(a.stats().own.stale + b.stats().own.stale).toBe(4);
  });

  it('after the stale time it is made before anybody gets it', async () => {
    const cache = open({ ttl: '10s', stale: '1m' });
    cache.set('k', 'old');
    pass(70_000);
    expect(await cache.getOrSet('k', () => 'new')).toBe('new');
  });

  it('also of what was fresh for ever, after expire or another ttl', async () => {
    const cache = open({ stale: '1m' });
    cache.set('k', 'old');
    expect([cache.ttl('k'), cache.expire('k'), cache.get('k'), await cache.getOrSet('k', () => 'new')]).toEqual([Infinity, true, undefined, 'old']);
    await settle();
    expect([cache.get('k'), cache.touch('k', '10s')]).toEqual(['new', true]);
    pass(10_000);
    expect([cache.get('k'), await cache.getOrSet('k', () => 'newest')]).toEqual([undefined, 'new']);
    cache.set('l', 'old');
    cache.expire('l');
    pass(60_000);
    expect(await cache.getOrSet('l', () => 'new')).toBe('new');
  });

  it('a refresh that takes longer than the stale time is stored all the same', async () => {
    const cache = open({ ttl: '10s', stale: '5s' });
    cache.set('k', 'old');
    pass(10_000);
    const { promise, resolve } = deferred<string>();
    expect(await cache.getOrSet('k', () => promise)).toBe('old');
    pass(20_000);
    resolve('new');
    await settle();
    expect(cache.get('k')).toBe('new');
  });

  it('a refresh that fails is told of, the old value stays, and the next call tries again', async () => {
    const cache = open({ ttl: '10s', stale: '1m' }, { quiet: true });
    const errors: unknown[] = [];
    cache.on('error', (error, key) => errors.push([(error as Error).message, key]));
    cache.set('k', 'old');
    pass(10_000);
    expect(
      await cache.getOrSet('k', async () => {
        throw new Error('down');
      }),
    ).toBe('old');
    await settle();
    expect(errors).toEqual([['down', 'k']]);
    expect(await cache.getOrSet('k', () => 'new')).toBe('old');
    await settle();
    expect(cache.get('k')).toBe('new');
  });

  it('an error kept for a while spares the source: the old value, and no load until then', async () => {
    const cache = open({ ttl: '10s', stale: '1h', errorTtl: '30s' }, { quiet: true });
    const load = vi.fn(async () => {
      throw new Error('down');
    });
    cache.set('k', 'old');
    pass(10_000);
    for (let i = 0; i < 3; i++) {
      expect(await cache.getOrSet('k', load)).toBe('old');
      await settle();
    }
    expect(load).toHaveBeenCalledTimes(1);
    pass(30_000);
    await cache.getOrSet('k', load);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('a value that is gone, by what the load says, is gone', async () => {
    const cache = open({ ttl: '10s', stale: '1h' });
    cache.set('k', 'old');
    pass(10_000);
    expect(await cache.getOrSet<unknown>('k', () => undefined)).toBe('old');
    await settle();
    expect(await cache.getOrSet<unknown>('k', () => undefined)).toBe(undefined);
  });
});

describe.each(['miss', 'stale'] as const)('a listener of %s that throws', (event) => {
  it('fails the call, and the load is done once, and stored', async () => {
    const cache = open({ ttl: '10s', stale: '1m' });
    if (event === 'stale') cache.set('k', 'old');
    pass(10_000);
    cache.on(event, () => {
      throw new Error('of the listener');
    });
    const load = vi.fn(async () => 'new');
    await expect(cache.getOrSet('k', load)).rejects.toThrow('of the listener');
    await settle();
    expect([load.mock.calls.length, cache.stats().own.errors]).toEqual([1, 0]);
    expect(await cache.getOrSet('k', load)).toBe('new');
  });
});

describe('stale if error', () => {
  it('the old value where no new one can be made, and not otherwise', async () => {
    const cache = open({ ttl: '10s', staleIfError: '1h' }, { quiet: true });
    const fail = () => {
      throw new Error('down');
    };
    cache.set('k', 'old');
    pass(10_000);
    expect([cache.get('k'), await cache.getOrSet('k', fail)]).toEqual([undefined, 'old']);
    expect(await cache.getOrSet('k', () => 'new')).toBe('new');
    pass(10_000 + 3_600_000);
    await expect(cache.getOrSet('k', fail)).rejects.toThrow('down');
  });

  it('also for those who wait for the one that fails', async () => {
    const cache = open({ ttl: '10s', staleIfError: '1h' }, { quiet: true });
    const { promise, reject } = deferred<string>();
    cache.set('k', 'old');
    pass(10_000);
    const calls = [1, 2].map(() => cache.getOrSet('k', () => promise));
    reject(new Error('down'));
    expect(await Promise.all(calls)).toEqual(['old', 'old']);
  });
});

describe('timeout', () => {
  it('the caller goes, with the old value or an error; the load goes on', async () => {
    const cache = open({ ttl: '10s', staleIfError: '1h' });
    const { promise, resolve } = deferred<string>();
    const options = { timeout: 5 };
    await expect(cache.getOrSet('k', () => promise, options)).rejects.toMatchObject({ name: 'CacheError', code: 'ERR_CACHE_TIMEOUT' });
    await expect(cache.getOrSet('k', () => promise, options)).rejects.toMatchObject({ code: 'ERR_CACHE_TIMEOUT' });
    resolve('late');
    await settle();
    expect(cache.get('k')).toBe('late');
    pass(10_000);
    const again = deferred<string>();
    expect(await cache.getOrSet('k', () => again.promise, options)).toBe('late');
    again.resolve('new');
    await settle();
    expect(await cache.getOrSet('k', () => 'never', { timeout: '1s' })).toBe('new');
  });

  it('may be longer than a timer can be', async () => {
    const cache = open();
    const { promise, resolve } = deferred<string>();
    const call = cache.getOrSet('k', () => promise, { timeout: '30d' });
    setTimeout(resolve, 10, 'made');
    expect(await call).toBe('made');
  });

  it('a failure after the caller has gone is told of, and nobody’s unhandled rejection', async () => {
    const cache = open({}, { quiet: true });
    const errors: unknown[] = [];
    cache.on('error', (error, key) => errors.push([(error as Error).message, key]));
    const { promise, reject } = deferred<string>();
    await expect(cache.getOrSet('k', () => promise, { timeout: 1 })).rejects.toMatchObject({ code: 'ERR_CACHE_TIMEOUT' });
    reject(new Error('late'));
    await settle();
    expect(errors).toEqual([['late', 'k']]);
  });
});

describe('tags', () => {
  it('invalidate all that name them, whichever cache wrote it', async () => {
    const [a, b] = [open(), open({})];
    a.set('1', 'one', { tags: ['red', 'blue'] });
    b.set('2', 'two', { tags: ['red'] });
    a.set('3', 'three', { tags: ['blue'] });
    a.set('4', 'four');
    await a.getOrSet('5', () => 'five', { tags: ['red'] });
    expect(b.getMany(['1', '2', '3', '4', '5'])).toEqual(['one', 'two', 'three', 'four', 'five']);
    b.invalidateTag('red');
    expect(a.getMany(['1', '2', '3', '4', '5'])).toEqual([undefined, undefined, 'three', 'four', undefined]);
    expect([a.has('1'), a.ttl('1'), a.take('1'), a.touch('1'), a.expire('1')]).toEqual([false, undefined, undefined, false, false]);
    expect(await a.getOrSet('1', () => 'again', { tags: ['red'] })).toBe('again');
    a.invalidateTags(['blue', 'never']);
    expect(b.getMany(['1', '3'])).toEqual(['again', undefined]);
  });

  it('an invalid entry is not served as stale either, and does not come back with the tag', async () => {
    const cache = open({ ttl: '10s', stale: '1h', staleIfError: '1h' });
    cache.set('k', 'old', { tags: ['t'] });
    cache.invalidateTag('t');
    cache.set('other', 1, { tags: ['t'] });
    expect(cache.get('k')).toBeUndefined();
    pass(10_000);
    expect(await cache.getOrSet('k', () => 'new', { tags: ['t'] })).toBe('new');
  });

  it('an old value whose tag is invalidated during a load is not what the load falls back on', async () => {
    const cache = open({ ttl: '10s', staleIfError: '1h' }, { quiet: true });
    const { promise, reject } = deferred<string>();
    cache.set('k', 'old', { tags: ['t'] });
    pass(10_000);
    const before = cache.getOrSet('k', () => promise);
    const late = cache.getOrSet('k', () => promise, { timeout: 20 });
    cache.invalidateTag('t');
    const after = cache.getOrSet('k', () => promise);
    await expect(late).rejects.toMatchObject({ code: 'ERR_CACHE_TIMEOUT' });
    reject(new Error('down'));
    for (const call of await Promise.allSettled([before, after])) expect(call).toMatchObject({ status: 'rejected', reason: { message: 'down' } });
  });

  it('without its entry, which may be evicted, a tag has invalidated everything', () => {
    const cache = open();
    cache.set('k', 1, { tags: ['t'] });
    expect(cache.engine.delete('#t')).toBe(true);
    expect(cache.get('k')).toBeUndefined();
    cache.set('l', 1, { tags: ['t'] });
    expect([cache.get('k'), cache.get('l')]).toEqual([undefined, 1]);
  });
});

describe('wrap', () => {
  it('keeps what a function gives for its arguments, told apart by type', async () => {
    const cache = open();
    const fn = vi.fn(async (...args: unknown[]) => args.length);
    const wrapped = cache.wrap(fn, { name: 'count', ttl: '1h' });
    const calls = [
      [],
      [1],
      ['1'],
      [1n],
      [null],
      [undefined],
      [[1, 2]],
      [1, 2],
      [{ a: 1, b: 2 }],
      [new Map([[1, 2]])],
      [new Map([[1, 3]])],
      [new Set([1])],
      [new Date(1)],
      [Number.NaN],
      // What one of them has in a string the next has outside.
      ["a','b"],
      ['a', 'b'],
      ['a","b'],
      [{ 'a:1,b': 2 }],
      [new Map([['1', 2]])],
      [new Headers({ a: "1',b:'2" })],
      [new Headers({ a: '1', b: '2' })],
      [new URLSearchParams('a=1&a=2')],
      [new URLSearchParams('a=2&a=1')],
      [Buffer.from('a')],
      [
        new (class Point {
          x = 1;
        })(),
      ],
      [{ x: 1 }],
      [{ constructor: null }],
      [new URL('http://a/')],
      [/a/],
    ];
    for (const args of calls) await wrapped(...args);
    expect(fn).toHaveBeenCalledTimes(calls.length);
    for (const args of calls) expect(await wrapped(...args)).toBe(args.length);
    await wrapped({ b: 2, a: 1 });
    expect(fn).toHaveBeenCalledTimes(calls.length);
    const cyclic: Record<string, unknown> = { in: {} };
    cyclic.in = { cyclic };
    expect([await wrapped(cyclic), await wrapped(cyclic)]).toEqual([1, 1]);
    expect(fn).toHaveBeenCalledTimes(calls.length + 1);
  });

  it('takes its name from the function, or a key of its own', async () => {
    const cache = open();
    async function square(n: number) {
      return n * n;
    }
    expect(await cache.wrap(square)(3)).toBe(9);
    expect(await cache.wrap((n: number) => n + 1, { name: 'next', key: (n) => String(n) })(3)).toBe(4);
    expect(cache.get('next:3')).toBe(4);
  });
});

describe('when the store fails', () => {
  it('is told of once for a value that could not be kept, and not given back either', async () => {
    const cache = open({}, { quiet: true });
    const errors: string[] = [];
    cache.on('error', (error, key) => errors.push(`${key}: ${(error as Error).message}`));
    const { promise, resolve } = deferred<string>();
    const call = cache.getOrSet('k', () => promise);
    vi.spyOn(cache.engine, 'update').mockImplementation(() => {
      throw Object.assign(new Error('disk on fire'), { code: 'ERR_STORE_IO' });
    });
    resolve('made');
    expect([await call, errors]).toEqual(['made', ['k: disk on fire']]);
  });

  it('a load that never ends holds up nobody for longer than its lease', async () => {
    const cache = open({ lease: '10s' }, { quiet: true });
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START });
    vi.spyOn(cache.engine, 'update').mockImplementation(() => {
      throw Object.assign(new Error('disk on fire'), { code: 'ERR_STORE_IO' });
    });
    void cache.getOrSet('k', () => new Promise(() => undefined));
    const load = vi.fn(() => 'made');
    const calls = [1, 2].map(() => cache.getOrSet('k', load));
    await vi.advanceTimersByTimeAsync(9999);
    expect(load).toHaveBeenCalledTimes(0);
    await vi.advanceTimersByTimeAsync(1);
    expect([load.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
    expect(await Promise.all(calls)).toEqual(['made', 'made']);
  });

  it('values are made without it, once for those who ask at once, and it is told of', async () => {
    const cache = open({}, { quiet: true });
    const errors: string[] = [];
    cache.on('error', (error) => errors.push((error as Error).message));
    const broken = vi.spyOn(cache.engine, 'update').mockImplementation(() => {
      throw Object.assign(new Error('disk on fire'), { code: 'ERR_STORE_IO' });
    });
    const load = vi.fn(async () => 'made');
    expect(await Promise.all([cache.getOrSet('k', load), cache.getOrSet('k', load)])).toEqual(['made', 'made']);
    expect([load.mock.calls.length, errors]).toEqual([1, ['disk on fire', 'disk on fire']]);
    broken.mockRestore();
    expect(await cache.getOrSet('k', load)).toBe('made');
    expect(cache.get('k')).toBe('made');
  });

  it.each([
    ['ttl', { stale: '1m', staleIfError: '1h' }],
    ['stale time', { staleIfError: '1h' }],
  ] as const)('what is old by its %s is served as ever, though no lease can be written', async (_name, options) => {
    const cache = open({ ttl: '10s', ...options }, { quiet: true });
    const errors: string[] = [];
    cache.on('error', (error) => errors.push((error as Error).message));
    cache.set('k', 'old');
    pass(10_000);
    vi.spyOn(cache.engine, 'update').mockImplementation(() => {
      throw Object.assign(new Error('no lock'), { code: 'ERR_STORE_BUSY' });
    });
    const fail = vi.fn(async () => {
      throw new Error('down');
    });
    const isStale = 'stale' in options;
    expect(await cache.getOrSet('k', fail)).toBe('old');
    expect(await cache.getOrSet('k', () => new Promise(() => undefined), { timeout: 1 })).toBe('old');
    expect([fail.mock.calls.length, errors]).toEqual(isStale ? [0, ['no lock', 'no lock']] : [1, ['no lock', 'down', 'no lock']]);
    pass(3_600_000);
    if (isStale) await expect(cache.getOrSet('k', fail)).rejects.toThrow('down');
  });

  it('while a call waits for another process, too', async () => {
    const errors: string[] = [];
    const cache = open({}, { quiet: true, sleep: settle });
    cache.on('error', (error) => errors.push((error as Error).message));
    leaseElsewhere(cache);
    const call = cache.getOrSet('k', () => 'made');
    const broken = vi.spyOn(cache.engine, 'get').mockImplementation(() => {
      throw Object.assign(new Error('disk on fire'), { code: 'ERR_STORE_IO' });
    });
    expect([await call, errors]).toEqual(['made', ['disk on fire']]);
    broken.mockRestore();
    const closing = cache.getOrSet('k', () => 'made');
    cache.close();
    await expect(closing).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' });
  });
});
