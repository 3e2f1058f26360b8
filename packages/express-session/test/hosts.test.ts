// Logins in the real hosts, over HTTP: express 5 with express-session, and fastify with @fastify/session.
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { closeAll } from '@mapstone/engine';
import express from 'express';
import session from 'express-session';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneStore } from '../src/index.js';

const path = tempPaths();
const secret = 'a secret of at least thirty-two characters';
const maxAge = 60_000;

interface App {
  url: string;
  store: MapstoneStore;
  close(): Promise<void>;
}

async function expressApp(file: string): Promise<App> {
  const store = new MapstoneStore({ path: file });
  const app = express();
  app.use(session({ store, secret, resave: false, saveUninitialized: false, rolling: true, cookie: { maxAge } }));
  app.get('/login', (request, response) => {
    request.session.regenerate(() => {
      (request.session as any).user = request.query.user;
      response.send('in');
    });
  });
  app.get('/who', (request, response) => {
    response.json((request.session as any).user ?? null);
  });
  app.get('/remember', (request, response) => {
    request.session.cookie.maxAge = 2 * maxAge;
    response.send('for longer');
  });
  app.get('/logout', (request, response) => {
    request.session.destroy(() => response.send('out'));
  });
  const server = app.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
      store.close();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, store, close };
}

async function fastifyApp(file: string): Promise<App> {
  const store = new MapstoneStore({ path: file });
  const app = Fastify({ forceCloseConnections: true });
  app.register(fastifyCookie);
  app.register(fastifySession, { store, secret, saveUninitialized: false, cookie: { secure: false, maxAge } });
  app.get('/login', async (request: any) => {
    await request.session.regenerate();
    request.session.user = request.query.user;
    return 'in';
  });
  app.get('/who', (request: any, reply) => {
    reply.send(JSON.stringify(request.session.user ?? null));
  });
  app.get('/logout', async (request: any) => {
    await request.session.destroy();
    return 'out';
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const close = async () => {
    await app.close();
    store.close();
  };
  return { url, store, close };
}

/** A browser: keeps its cookie. */
function browser() {
  let cookie = '';
  return async (url: string) => {
    const response = await fetch(url, { headers: cookie ? { cookie } : {} });
    const set = response.headers.get('set-cookie');
    if (set) cookie = set.split(';')[0];
    return response.text();
  };
}

describe.each([
  { name: 'express 5 with express-session', start: expressApp },
  { name: 'fastify with @fastify/session', start: fastifyApp },
])('$name', ({ start }) => {
  let file: string;
  let app: App;

  beforeEach(async () => {
    file = path();
    app = await start(file);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await app.close();
    closeAll();
  });

  it('keeps each visitor logged in, and nobody else', async () => {
    const [ada, grace, stranger] = [browser(), browser(), browser()];
    await ada(`${app.url}/login?user=Ada`);
    await grace(`${app.url}/login?user=Grace`);
    expect([await ada(`${app.url}/who`), await grace(`${app.url}/who`), await stranger(`${app.url}/who`)]).toEqual(['"Ada"', '"Grace"', 'null']);
    expect([...app.store.engine.keys()]).toHaveLength(2);
  });

  it('keeps them over a restart', async () => {
    const ada = browser();
    await ada(`${app.url}/login?user=Ada`);
    await app.close();
    app = await start(file);
    expect(await ada(`${app.url}/who`)).toBe('"Ada"');
  });

  it('logs out', async () => {
    const ada = browser();
    await ada(`${app.url}/login?user=Ada`);
    await ada(`${app.url}/logout`);
    expect(await ada(`${app.url}/who`)).toBe('null');
    expect([...app.store.engine.keys()]).toHaveLength(0);
  });

  it('lets a session that is used live on, and one that is not end', async () => {
    const [busy, idle] = [browser(), browser()];
    await busy(`${app.url}/login?user=busy`);
    await idle(`${app.url}/login?user=idle`);
    vi.useFakeTimers({ toFake: ['Date'] });
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(maxAge / 2);
      expect(await busy(`${app.url}/who`)).toBe('"busy"');
    }
    expect(await idle(`${app.url}/who`)).toBe('null');
  });

  it('answers 500 and goes on when the store fails', async () => {
    const ada = browser();
    await ada(`${app.url}/login?user=Ada`);
    app.store.close();
    expect(await ada(`${app.url}/who`)).toContain('was closed');
    await app.close();
    app = await start(file);
    expect(await ada(`${app.url}/who`)).toBe('"Ada"');
  });
});

describe('express', () => {
  it('keeps the lifetime that a request gave the cookie and nothing else', async () => {
    const app = await expressApp(path());
    const get = browser();
    await get(`${app.url}/login?user=ada`);
    await get(`${app.url}/remember`);
    await get(`${app.url}/who`);
    const [[, { cookie }]] = Object.entries(await new Promise<Record<string, any>>((done) => app.store.all((_, all) => done(all!))));
    expect(cookie.originalMaxAge).toBe(2 * maxAge);
    await app.close();
  });
});
