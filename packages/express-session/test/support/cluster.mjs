// An express or fastify app in four cluster workers, their sessions in one file: `node cluster.mjs <file> express|fastify`. The primary sends { port, workers } when all listen, and
// puts a new worker in the place of one that dies.
import cluster from 'node:cluster';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { MapstoneStore } from '@mapstone/express-session';
import express from 'express';
import session from 'express-session';
import Fastify from 'fastify';

const WORKERS = 4;
const secret = 'a secret of at least thirty-two characters';
const maxAge = 3_600_000;

if (cluster.isPrimary) {
  let listening = 0;
  const pids = () => Object.values(cluster.workers).map((worker) => worker.process.pid);
  cluster.on('listening', (_worker, { port }) => {
    if (++listening >= WORKERS) process.send({ port, workers: pids() });
  });
  cluster.on('exit', () => cluster.fork());
  process.on('disconnect', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit();
  });
  for (let i = 0; i < WORKERS; i++) cluster.fork();
} else {
  const store = new MapstoneStore({ path: process.argv[2] });
  const start = { express: startExpress, fastify: startFastify };
  start[process.argv[3]](store);
}

function startExpress(store) {
  const app = express();
  app.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: { maxAge } }));
  app.get('/login', (request, response) => {
    request.session.user = request.query.user;
    response.json({ pid: process.pid });
  });
  app.get('/who', (request, response) => {
    response.json({ pid: process.pid, user: request.session.user ?? null });
  });
  app.get('/logout', (request, response) => {
    request.session.destroy(() => response.json({ pid: process.pid }));
  });
  app.get('/busy', (_request, response) => {
    response.json({ pid: process.pid });
    keepWriting(store);
  });
  app.listen(0, '127.0.0.1');
}

function startFastify(store) {
  const app = Fastify();
  app.register(fastifyCookie);
  app.register(fastifySession, { store, secret, saveUninitialized: false, cookie: { secure: false, maxAge } });
  app.get('/login', async (request) => {
    request.session.user = request.query.user;
    return { pid: process.pid };
  });
  app.get('/who', async (request) => ({ pid: process.pid, user: request.session.user ?? null }));
  app.get('/logout', async (request) => {
    await request.session.destroy();
    return { pid: process.pid };
  });
  app.get('/busy', async () => {
    keepWriting(store);
    return { pid: process.pid };
  });
  app.listen({ host: '127.0.0.1', port: 0 });
}

/** A busy worker, for one that dies while it writes. */
function keepWriting(store) {
  let i = 0;
  const write = () => {
    store.set(`busy-${process.pid}-${i++ % 100}`, { cookie: { originalMaxAge: null, expires: null }, text: 'x'.repeat(2_000) });
    setImmediate(write);
  };
  write();
}
