// What a cache counts, and how it tells it: to callers, to listeners, to Prometheus.

// @ts-expect-error: it has no types
import parsePrometheus from 'parse-prometheus-text-format';
import { describe, expect, it, vi } from 'vitest';
import { bench, START, settle } from './support/caches.js';

const { open, pass } = bench();

it('counts hits, misses, stale values, loads, coalesced calls, errors', async () => {
  const cache = open({ ttl: '10s', stale: '1m' }, { quiet: true });
  const fail = () => {
    throw new Error('down');
  };
  cache.set('k', 1);
  cache.get('k');
  cache.getMany(['k', 'x']);
  cache.take('x');
  await Promise.all([cache.getOrSet('l', () => 1), cache.getOrSet('l', () => 1)]);
  await cache.getOrSet('l', () => 1);
  pass(10_000);
  await cache.getOrSet('l', fail);
  await settle();
  expect(cache.stats().own).toEqual({ hits: 3, misses: 4, stale: 1, loads: 2, coalesced: 1, errors: 1, evictions: 0, expirations: 0 });
  expect(cache.stats().all).toEqual(cache.stats().own);
});

it('what was told does not change with what comes', () => {
  const cache = open({ keyStats: 1 });
  cache.get('k');
  const [{ own, all }, key] = [cache.stats(), cache.keyStats('k')];
  cache.get('k');
  expect([own.misses, all.misses, key?.misses, cache.stats().own.misses]).toEqual([1, 1, 1, 2]);
});

it('of keys too, if asked to, and of so many', () => {
  const cache = open({ keyStats: 2 });
  cache.set('a', 1);
  for (const key of ['a', 'a', 'b']) cache.get(key);
  // To be asked for is not to be used.
  expect([cache.keyStats('b'), cache.keyStats('a'), cache.keyStats('c')]).toEqual([{ hits: 0, misses: 1 }, { hits: 2, misses: 0 }, undefined]);
  cache.get('c');
  expect([cache.keyStats('a'), cache.keyStats('c')]).toEqual([undefined, { hits: 0, misses: 1 }]);
  expect(open({ namespace: 'n' }).keyStats('a')).toBeUndefined();
});

it('counts of caches with one namespace add up, also over restarts', () => {
  const [a, b, other] = [open(), open(), open({ namespace: 'other' })];
  for (const cache of [a, a, b, other]) cache.get('x');
  a.close();
  expect([b.stats().all.misses, b.stats().own.misses, other.stats().all.misses]).toEqual([3, 1, 1]);
  b.close();
  other.close();
  const again = open();
  expect([again.stats().all.misses, again.stats().own.misses]).toEqual([3, 0]);
});

it('what a living cache has told the file counts once', () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: START });
  const [a, b] = [open({ statsInterval: '10s' }), open()];
  a.get('x');
  expect(b.stats().all.misses).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect([a.stats().all.misses, b.stats().all.misses]).toEqual([1, 1]);
  a.get('x');
  a.close();
  expect([b.stats().all.misses, vi.getTimerCount()]).toEqual([2, 1]);
});

it('usage() counts the entries of its namespace, and their bytes', () => {
  const [cache, other] = [open(), open({ namespace: 'other' })];
  for (let i = 0; i < 10; i++) cache.set(`k${i}`, 'x'.repeat(100), { tags: ['t'] });
  other.set('k', 'x'.repeat(1000));
  cache.set('gone', 1, { ttl: 100 });
  const [before, others] = [cache.usage(), other.usage()];
  pass(100);
  expect([before.entries, cache.usage().entries, others.entries]).toEqual([11, 10, 1]);
  expect(cache.usage().bytes).toBeGreaterThanOrEqual(1000);
  expect(cache.usage().bytes).toBeLessThan(before.bytes);
  expect(others.bytes).toBeGreaterThanOrEqual(1000);
  expect(cache.usage().bytes + other.usage().bytes).toBeLessThanOrEqual(cache.stats().bytes);
});

it('a cache that has counted nothing writes nothing', () => {
  const cache = open();
  const { engine } = cache;
  const { appendedBytes } = engine.stats();
  engine.set('keeps the file open', 1);
  const after = engine.stats().appendedBytes;
  const second = open();
  second.close();
  expect([appendedBytes, engine.stats().appendedBytes]).toEqual([0, after]);
});

describe('events', () => {
  it('hit, miss, stale and error, with the key', async () => {
    const cache = open({ ttl: '10s', stale: '1m' }, { quiet: true });
    const seen: unknown[] = [];
    for (const event of ['hit', 'miss', 'stale'] as const) cache.on(event, (key) => void seen.push([event, key]));
    cache.on('error', (error, key) => void seen.push(['error', (error as Error).message, key]));
    cache.set('k', 1);
    cache.get('k');
    cache.get('x');
    pass(10_000);
    await cache.getOrSet('k', () => Promise.reject(new Error('down')));
    await settle();
    expect(seen).toEqual([
      ['hit', 'k'],
      ['miss', 'x'],
      ['stale', 'k'],
      ['error', 'down', 'k'],
    ]);
  });

  it('an error that nobody listens for throws nothing', async () => {
    const cache = open({ ttl: '10s', stale: '1m' }, { quiet: true });
    cache.set('k', 1);
    pass(10_000);
    expect(await cache.getOrSet('k', () => Promise.reject(new Error('down')))).toBe(1);
    await settle();
    expect(cache.stats().own.errors).toBe(1);
  });
});

it('metrics: as a parser of Prometheus’ text reads them', () => {
  const namespace = 'a "quoted"\\name\nof two lines';
  const cache = open({ namespace });
  cache.set('k', 1);
  for (const key of ['k', 'k', 'x']) cache.get(key);
  const parsed: { name: string; type: string; help: string; metrics: [{ value: string; labels?: object }] }[] = parsePrometheus(cache.metrics());
  const metrics = new Map(parsed.map(({ name, type, help, metrics: [metric] }) => [name, { type, help, ...metric }]));
  expect(metrics.get('mapstone_cache_hits_total')).toMatchObject({ type: 'COUNTER', value: '2', labels: { namespace } });
  expect(metrics.get('mapstone_cache_misses_total')).toMatchObject({ type: 'COUNTER', value: '1', labels: { namespace } });
  expect(metrics.get('mapstone_cache_entries')).toMatchObject({ type: 'GAUGE', value: '1' });
  expect(Number(metrics.get('mapstone_cache_file_bytes')?.value)).toBe(cache.stats().fileSize);
  expect([...metrics.values()].filter(({ help, type }) => !help || !type)).toEqual([]);
  expect(metrics.size).toBe(11);
});
