// An express app in four cluster workers, their sessions in one file: `node cluster.mjs <file>`. The primary sends { port, workers } when all listen, and
// puts a new worker in the place of one that dies.
import cluster from 'node:cluster';
import { MapstoneStore } from '@mapstone/express-session';
import express from 'express';
import session from 'express-session';

const WORKERS = 4;

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
  const app = express();
  app.use(session({ store, secret: 'a secret of at least thirty-two characters', resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } }));
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
  // A busy worker, for one that dies while it writes.
  app.get('/busy', (_request, response) => {
    response.json({ pid: process.pid });
    let i = 0;
    const write = () => {
      store.set(`busy-${process.pid}-${i++ % 100}`, { cookie: { originalMaxAge: null, expires: null }, text: 'x'.repeat(2_000) });
      setImmediate(write);
    };
    write();
  });
  app.listen(0, '127.0.0.1');
}
