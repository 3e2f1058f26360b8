// Debian's `redis-server` on a free port of loopback, in memory only: no snapshots, no log.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const TRIES = 100;
const PAUSE_MS = 50;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** @returns {Promise<string>} the first of what it answers, '' if it does not */
function ask(port, command) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(data.toString()));
    socket.once('error', () => end(''));
  });
}

/** What an empty server takes does not count. */
async function bound(port, bytes) {
  const used = Number(/used_memory:(\d+)/.exec(await ask(port, 'INFO memory'))?.[1]);
  for (const setting of ['maxmemory-policy allkeys-lru', `maxmemory ${used + bytes}`]) {
    if (!(await ask(port, `CONFIG SET ${setting}`)).startsWith('+OK')) throw new Error(`redis-server takes no ${setting}`);
  }
}

/**
 * Starts a server whose folder is `folder`; it ends with this process, or by `stop`. With `evictAbove` it holds as many bytes, and evicts by LRU.
 * @returns {Promise<{ port: number, pid: number, stop: () => void }>} once it answers
 */
export async function serveRedis(folder, { evictAbove } = {}) {
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], {
    stdio: 'ignore',
  });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const missing = new Promise((_, reject) => server.once('error', () => reject(new Error('redis-server is not installed (Debian has it)'))));
  const ready = async () => {
    for (let tries = 0; tries < TRIES && server.exitCode === null; tries++) {
      if ((await ask(port, 'PING')).startsWith('+PONG')) return;
      await wait(PAUSE_MS);
    }
    throw new Error('redis-server does not answer');
  };
  await Promise.race([ready(), missing]);
  if (evictAbove !== undefined) await bound(port, evictAbove);
  return {
    port,
    pid: server.pid,
    stop() {
      process.off('exit', kill);
      kill();
    },
  };
}
