// Two processes, one HTTP cache: what one has asked for the other need not. Needs a build.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { closeAll } from '@mapstone/engine';
import { Agent, interceptors, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { otherProcess } from '../../../test/support/other-process.js';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneCacheStore } from '../src/index.js';
import { bodyOf, counted, keyOf, put, totals } from './support/responses.js';

const path = tempPaths();
const program = fileURLToPath(new URL('support/other.mjs', import.meta.url));
let server: Server;
let origin: string;
let asked: number;

beforeEach(async () => {
  asked = 0;
  server = createServer((request, response) => {
    asked++;
    response.setHeader('cache-control', 'max-age=3600').end(`${request.url} ${asked}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  closeAll();
});

function client(file: string, options: object) {
  const store = new MapstoneCacheStore({ path: file, ...options });
  const dispatcher = new Agent().compose(interceptors.cache({ store }));
  const ask = async (url: string, method: any = 'GET') => (await request(origin + url, { dispatcher, method })).body.text();
  return { store, ask };
}

it('one asks, both have it; one writes, both ask again; one is killed, the other goes on', { timeout: 60_000 }, async () => {
  const file = path();
  const here = client(file, {});
  const there = await otherProcess(program, file, '{}');
  expect(await here.ask('/a')).toBe('/a 1');
  expect(await there.call('ask', `${origin}/a`)).toBe('/a 1');
  expect(await there.call('ask', `${origin}/b`)).toBe('/b 2');
  expect(await here.ask('/b')).toBe('/b 2');
  await there.call('ask', `${origin}/a`, 'POST');
  expect(await here.ask('/a')).toBe('/a 4');
  expect(await there.call('ask', `${origin}/a`)).toBe('/a 4');
  await there.kill();
  expect(await here.ask('/b')).toBe('/b 2');
  expect(asked).toBe(4);
});

it('both fill it at once: the limits hold, and every response is whole', { timeout: 60_000 }, async () => {
  const file = path();
  const limits = { maxCount: 100 };
  const here = client(file, limits);
  const there = await otherProcess(program, file, JSON.stringify(limits));
  const others = there.call('askAll', origin, 100, 300);
  for (let i = 0; i < 200; i++) expect(await here.ask(`/${i}`)).toMatch(new RegExp(`^/${i} `));
  await others;
  for (let i = 300; i < 400; i++) await here.ask(`/${i}`);
  const { count, unlisted, missing } = counted(here.store);
  expect(count).toBeLessThanOrEqual(105);
  expect(count).toBeGreaterThan(80);
  expect({ unlisted, missing }).toEqual({ unlisted: [], missing: [] });
});

/** Without limits, and an hour on: nothing is young any more. Enough come for every round to meet everything. */
async function upkeep(file: string): Promise<MapstoneCacheStore> {
  const store = new MapstoneCacheStore({ path: file });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 / 2 });
  for (let i = 0; i < 100; i++) await put(store, keyOf(`/upkeep/${i % 10}`), '', { deleteAt: Date.now() + 3_600_000 });
  return store;
}

describe('every body is listed, and the totals are true', () => {
  it.each([
    { title: 'one URL', urls: 1, limits: {}, most: 200_000 },
    { title: 'many URLs, within maxSize', urls: 100, limits: { maxSize: 500_000 }, most: 500_000 },
  ])('where two processes store at once: $title', { timeout: 60_000 }, async ({ urls, limits, most }) => {
    const file = path();
    const both = [await otherProcess(program, file, JSON.stringify(limits)), await otherProcess(program, file, JSON.stringify(limits))];
    await Promise.all(both.map((one) => one.call('putMany', 200, 20_000, urls)));
    await Promise.all(both.map((one) => one.kill()));
    const store = new MapstoneCacheStore({ path: file });
    const found = counted(store);
    expect(found).toMatchObject({ unlisted: [], missing: [] });
    // Each process may have been about to make room for its own.
    expect(found.size).toBeLessThanOrEqual(most + 2 * 21_000);
    expect(Math.abs(found.size - totals(store).size)).toBeLessThanOrEqual(2 * 21_000);
    await upkeep(file);
    const { count, size } = counted(store);
    expect(totals(store)).toEqual({ count, size });
  });

  it.each([1, 2, 3, 4])('soon, where a process was killed before step %i of storing', { timeout: 60_000 }, async (step) => {
    const file = path();
    const there = await otherProcess(program, file, '{}');
    for (let i = 0; i < 20; i++) await there.call('put', `/${i}`, 1_000);
    await expect(there.call('putAndDie', '/7', 2_000, step)).rejects.toThrow('SIGKILL');
    const store = new MapstoneCacheStore({ path: file });
    // The old response or the new one, and all that was stored before.
    expect(bodyOf(store.get(keyOf('/7')))).toHaveLength(step <= 2 ? 1_000 : 2_000);
    for (let i = 0; i < 20; i++) expect(store.get(keyOf(`/${i}`))).toBeDefined();
    await upkeep(file);
    const { count, size, unlisted, missing } = counted(store);
    expect({ unlisted, missing, ...totals(store) }).toEqual({ unlisted: [], missing: [], count, size });
    expect(bodyOf(store.get(keyOf('/7')))).toHaveLength(step <= 2 ? 1_000 : 2_000);
  });
});
