// Two processes, one HTTP cache: what one has asked for the other need not. Needs a build.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { closeAll } from '@mapstone/engine';
import { Agent, interceptors, request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { otherProcess } from '../../../test/support/other-process.js';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneCacheStore } from '../src/index.js';

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
  const responses = [...here.store.engine.entries({ prefix: 'undici:url:' })].flatMap(([, list]) => list as { body: string }[]);
  expect(responses.length).toBeLessThanOrEqual(105);
  expect(responses.length).toBeGreaterThan(80);
  for (const { body } of responses) expect(here.store.engine.has(body)).toBe(true);
});
