// Logins that survive restarts and kill -9: express 5 with its sessions in one file. Run: node examples/express-session/index.mjs
// With the argument `serve <file>` it is the server; without one it starts that, logs in, kills it with SIGKILL, and looks again.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MapstoneStore } from '@mapstone/express-session';
import express from 'express';
import session from 'express-session';

function serve(path) {
  const store = new MapstoneStore({ path });
  const app = express();
  app.use(session({ store, secret: 'change me', resave: false, saveUninitialized: false, cookie: { maxAge: 86_400_000 } }));
  app.get('/login', (request, response) => {
    request.session.user = request.query.user;
    response.send(`welcome, ${request.session.user}`);
  });
  app.get('/', (request, response) => {
    response.send(request.session.user ? `still logged in: ${request.session.user}` : 'not logged in');
  });
  const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

/** The server in a process of its own, and its address. */
async function start(path) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve', path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise((done) => child.once('message', done));
  const kill = async () => {
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
  };
  return { url: `http://127.0.0.1:${port}`, kill };
}

if (process.argv[2] === 'serve') serve(process.argv[3]);
else {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const path = join(directory, 'sessions.mapstone');

  let server = await start(path);
  const login = await fetch(`${server.url}/login?user=Ada`);
  console.log(await login.text());
  const cookie = login.headers.get('set-cookie').split(';')[0];
  await server.kill();

  server = await start(path);
  console.log('after kill -9 and a restart:', await (await fetch(server.url, { headers: { cookie } })).text());
  console.log('another browser:', await (await fetch(server.url)).text());
  await server.kill();
  rmSync(directory, { recursive: true });
}
