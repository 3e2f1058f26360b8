// Redis on loopback, in memory only: no snapshots, no log. One connection, each call awaited. The server is Debian's `redis-server`; one that `serve` started beside the store's folder
// is used by all processes, else the process starts its own.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const portFile = (folder) => join(folder, 'redis.port');

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server for all processes whose store is in `folder`; call what it returns to end it. */
export async function serve(folder) {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], {
    stdio: 'ignore',
  });
  const stop = () => server.kill('SIGKILL');
  process.once('exit', stop);
  await Promise.race([
    once(server, port),
    new Promise((_, reject) => server.once('error', () => reject(new Error('redis-server is not installed (Debian has it)')))),
  ]);
  writeFileSync(portFile(folder), String(port));
  return () => {
    process.off('exit', stop);
    stop();
  };
}

/** Resolves when the server answers. */
async function once(server, port) {
  for (let tries = 0; tries < 100 && server.exitCode === null; tries++) {
    const client = await connect(port).catch(() => undefined);
    if (client !== undefined) return client.close();
    await wait(50);
  }
  throw new Error('redis-server does not answer');
}

async function connect(port) {
  const { createClient } = await import('redis');
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  return client.connect();
}

export async function open(dir) {
  const folder = dirname(dir);
  const stop = existsSync(portFile(folder)) ? undefined : await serve(dir);
  const client = await connect(Number(readFileSync(portFile(stop ? dir : folder), 'utf8')));
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    delete: (key) => client.del(key),
    async close() {
      await client.close();
      stop?.();
    },
  };
}
