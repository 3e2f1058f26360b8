// Redis on loopback. One connection, each call awaited. A server that `serve` started beside the store's folder is used by all processes, else the process starts its own.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serveRedis } from '../redis-server.mjs';

const portFile = (folder) => join(folder, 'redis.port');

/** Starts a server for all processes whose store is in `folder`; call what it returns to end it. */
export async function serve(folder) {
  const { port, stop } = await serveRedis(folder);
  writeFileSync(portFile(folder), String(port));
  return stop;
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
