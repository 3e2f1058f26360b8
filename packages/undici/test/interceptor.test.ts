// The store under the real `interceptors.cache`, asking a real server on loopback: undici 7, and 8 where Node is new enough for it.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeAll } from '@mapstone/engine';
import * as undici7 from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneCacheStore } from '../src/index.js';
import { counted } from './support/responses.js';

const path = tempPaths();
const [major, minor] = process.versions.node.split('.').map(Number);
const runs8 = major > 22 || (major === 22 && minor >= 19);

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;
let answer: Answer;
let asked: IncomingMessage[];
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer({ maxHeaderSize: 200_000 }, (request, response) => {
    asked.push(request);
    answer(request, response, asked.length);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe.each([
  { name: 'undici 7', load: async () => undici7 },
  { name: 'undici 8', load: () => import('undici8') as unknown as Promise<typeof undici7>, skip: !runs8 },
])('$name', ({ name, load, skip }) => {
  const test = (title: string, run: () => Promise<void>) =>
    it(title, async (context) => {
      context.skip(skip === true, `${name} needs Node 22.19 or later`);
      await run();
    });
  let undici: typeof undici7;
  let agent: undici7.Agent;
  let client: undici7.Dispatcher;
  let store: MapstoneCacheStore;
  let file: string;

  function connect(options = {}): void {
    store = new MapstoneCacheStore({ path: file, ...options });
    client = agent.compose(undici.interceptors.cache({ store }));
  }

  beforeEach(async () => {
    if (skip) return;
    undici = await load();
    asked = [];
    answer = (_request, response, count) => response.setHeader('cache-control', 'public, max-age=60').end(`body ${count}`);
    file = path();
    agent = new undici.Agent();
    connect();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await agent?.close();
    closeAll();
  });

  async function ask(url = '/', options: Partial<undici7.Dispatcher.RequestOptions> = {}) {
    const { statusCode, headers, body } = await undici.request(origin + url, { dispatcher: client, method: 'GET', ...options });
    return { statusCode, headers, text: await body.text() };
  }

  test('asks the server once, and answers with all that it said', async () => {
    answer = (_request, response) =>
      response
        .writeHead(200, 'Fine', { 'cache-control': 'max-age=60', 'x-list': ['a', 'b'], 'content-type': 'text/plain; charset=utf-8' })
        .end('ü'.repeat(100_000));
    const first = await ask();
    const second = await ask();
    expect(asked).toHaveLength(1);
    expect(second.text).toBe(first.text);
    // Undici keeps what concerns the connection to itself.
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...kept } = first.headers;
    expect(second.headers).toEqual({ ...kept, age: expect.stringMatching(/^\d$/) });
  });

  test('keeps variants apart by vary', async () => {
    answer = (request, response, count) =>
      response.setHeader('cache-control', 'max-age=60').setHeader('vary', 'Accept-Language, X-None').end(`${request.headers['accept-language']} ${count}`);
    const inLanguage = async (language: string) => (await ask('/', { headers: { 'accept-language': language } })).text;
    expect([await inLanguage('de'), await inLanguage('en'), await inLanguage('de'), await inLanguage('en')]).toEqual(['de 1', 'en 2', 'de 1', 'en 2']);
    expect((await ask('/', { headers: { 'accept-language': 'de', 'x-none': 'some' } })).text).toBe('de 3');
  });

  test('has a stale response revalidated, and goes on with it when it is not modified', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    answer = (request, response) => {
      response.setHeader('cache-control', 'max-age=60, stale-if-error=3600').setHeader('etag', '"v1"').setHeader('date', new Date().toUTCString());
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.end('the body');
    };
    expect((await ask()).text).toBe('the body');
    vi.advanceTimersByTime(61_000);
    expect(await ask()).toMatchObject({ statusCode: 200, text: 'the body' });
    expect(asked).toHaveLength(2);
    expect(asked[1].headers['if-none-match']).toBe('"v1"');
  });

  test('revalidates what the server wants asked for each time', async () => {
    answer = (request, response) => {
      response.setHeader('etag', '"v1"');
      // A 304 with a cache-control makes undici drop the response, in whatever store.
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.setHeader('cache-control', 'no-cache').end('the body');
    };
    for (let i = 0; i < 3; i++) expect(await ask()).toMatchObject({ statusCode: 200, text: 'the body' });
    expect(asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"']);
  });

  test('takes the new response when the old one was modified', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    answer = (_request, response, count) =>
      response.setHeader('cache-control', 'max-age=60').setHeader('etag', `"v${count}"`).setHeader('date', new Date().toUTCString()).end(`body ${count}`);
    await ask();
    vi.advanceTimersByTime(61_000);
    expect((await ask()).text).toBe('body 2');
    expect((await ask()).text).toBe('body 2');
    expect(asked).toHaveLength(2);
  });

  test('answers stale while it revalidates in the background, bodies whole', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let renewed = () => {};
    const background = new Promise<void>((done) => (renewed = done));
    answer = (_request, response, count) => {
      response.setHeader('cache-control', 'max-age=10, stale-while-revalidate=60').setHeader('etag', '"v"').setHeader('date', new Date().toUTCString());
      response.on('finish', () => count === 2 && renewed());
      if (count === 2) response.writeHead(304).end();
      else response.end('the body');
    };
    await ask();
    vi.advanceTimersByTime(11_000);
    expect((await ask()).text).toBe('the body');
    await background;
    await vi.waitFor(() => expect(store.get({ origin, method: 'GET', path: '/', headers: {} })!.staleAt).toBeGreaterThan(Date.now()));
    expect((await ask()).text).toBe('the body');
    expect(asked).toHaveLength(2);
  });

  test('forgets a URL that was written to', async () => {
    expect((await ask()).text).toBe('body 1');
    await ask('/', { method: 'POST', body: 'x' });
    expect((await ask()).text).toBe('body 3');
  });

  test('stores nothing that says no-store', async () => {
    answer = (_request, response, count) => response.setHeader('cache-control', 'no-store').end(`body ${count}`);
    expect([(await ask()).text, (await ask()).text]).toEqual(['body 1', 'body 2']);
    expect(store.engine.size).toBe(0);
  });

  test('survives a restart, and then needs no server', async () => {
    await ask('/kept');
    store.close();
    await agent.close();
    agent = new undici.Agent({ connect: () => expect.fail('the server was asked') });
    connect();
    expect(await ask('/kept')).toMatchObject({ statusCode: 200, text: 'body 1' });
  });

  test('passes a body on that is too large, whole, and does not store it', async () => {
    store.close();
    connect({ maxEntrySize: 50_000 });
    answer = (_request, response) => response.setHeader('cache-control', 'max-age=60').end('x'.repeat(1_000_000));
    for (let i = 0; i < 2; i++) expect((await ask()).text).toHaveLength(1_000_000);
    expect(asked).toHaveLength(2);
    expect(store.engine.size).toBe(0);
  });

  test('stays within maxCount', async () => {
    store.close();
    connect({ maxCount: 3 });
    for (let i = 0; i < 6; i++) await ask(`/${i}`);
    expect([...store.engine.keys({ prefix: 'undici:body:' })]).toHaveLength(3);
    await ask('/5');
    expect(asked).toHaveLength(6);
  });

  test('stays within maxSize, and has what came last', async () => {
    store.close();
    connect({ maxSize: 100_000 });
    answer = (request, response) => response.setHeader('cache-control', 'max-age=60').end(request.url!.padEnd(10_000, 'x'));
    for (let i = 0; i < 30; i++) {
      await ask(`/${i}`);
      expect(counted(store).size).toBeLessThanOrEqual(100_000);
    }
    expect(counted(store)).toMatchObject({ count: 9, unlisted: [], missing: [] });
    for (let i = 21; i < 30; i++) expect((await ask(`/${i}`)).text).toBe(`/${i}`.padEnd(10_000, 'x'));
    expect(asked).toHaveLength(30);
    await ask('/0');
    expect(asked).toHaveLength(31);
  });

  test('passes a URL of more than 64 KiB on', async () => {
    const url = `/${'x'.repeat(65_536)}`;
    expect([(await ask(url)).text, (await ask(url)).text]).toEqual(['body 1', 'body 2']);
  });

  test('answers many at once, each with its own', async () => {
    answer = (request, response) => response.setHeader('cache-control', 'max-age=60').end(request.url!.repeat(1_000));
    const urls = Array.from({ length: 50 }, (_, i) => `/${i}`);
    for (let round = 0; round < 2; round++) {
      const all = await Promise.all(urls.map((url) => ask(url)));
      expect(all.map(({ text }) => text)).toEqual(urls.map((url) => url.repeat(1_000)));
    }
    expect(asked).toHaveLength(50);
  });

  test('lets requests through when it is closed under them', async () => {
    const reported: any[] = [];
    store.close();
    connect({ errorCallback: (error: Error) => reported.push(error) });
    answer = (_request, response, count) => {
      if (count === 1) store.close();
      response.setHeader('cache-control', 'max-age=60').end(`body ${count}`);
    };
    expect([(await ask()).text, (await ask()).text]).toEqual(['body 1', 'body 2']);
    expect(new Set(reported.map(({ code }) => code))).toEqual(new Set(['ERR_STORE_CLOSED']));
  });

  test('serves fetch as well', async () => {
    const get = async () => (await undici.fetch(origin, { dispatcher: client })).text();
    expect([await get(), await get()]).toEqual(['body 1', 'body 1']);
    expect(asked).toHaveLength(1);
  });
});
