// Four workers of a real cluster, of express and of fastify, share the sessions of one file; one is killed while it writes, then all of them. Needs a build.
import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';

const path = tempPaths();
const program = fileURLToPath(new URL('support/cluster.mjs', import.meta.url));
let primary: ChildProcess;

async function start(file: string, host: string): Promise<{ port: number; workers: number[] }> {
  primary = spawn(process.execPath, [program, file, host], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return next();
}

/** What the primary says next: again four workers that listen. */
const next = () => new Promise<{ port: number; workers: number[] }>((done) => primary.once('message', (message: any) => done(message)));

async function stop(): Promise<void> {
  if (primary.exitCode !== null || primary.signalCode !== null) return;
  const ended = new Promise((done) => primary.once('exit', done));
  // It kills its workers, and ends.
  primary.disconnect();
  await ended;
}
afterEach(stop);

/** One request over a connection of its own, so that the cluster deals them out in turn. */
function ask(port: number, url: string, cookie = ''): Promise<{ pid: number; user?: string | null; cookie: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: url, agent: false, headers: { cookie } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode} ${text}`));
        else resolve({ ...JSON.parse(text), cookie: response.headers['set-cookie']?.[0].split(';')[0] ?? cookie });
      });
    });
    // The cluster leaves a connection open for ever that it was dealing to a worker which died.
    asked.setTimeout(15_000, () => asked.destroy(new Error(`${url}: no answer`)));
    asked.on('error', reject).end();
  });
}

async function everyWorker(port: number, url: string, cookie: string): Promise<{ pids: Set<number>; users: Set<unknown> }> {
  const answers = await Promise.all(Array.from({ length: 16 }, () => ask(port, url, cookie)));
  return { pids: new Set(answers.map(({ pid }) => pid)), users: new Set(answers.map(({ user }) => user)) };
}

it.each(['express', 'fastify'])(
  '%s: a login in one worker is one in all, outlives a worker that is killed while it writes, and all of them',
  { timeout: 120_000 },
  async (host) => {
    const file = path();
    let { port, workers } = await start(file, host);
    const { cookie } = await ask(port, '/login?user=Ada');
    const { pids, users } = await everyWorker(port, '/who', cookie);
    expect([...pids].sort()).toEqual([...workers].sort());
    expect(users).toEqual(new Set(['Ada']));

    const { pid: busy } = await ask(port, '/busy');
    for (let i = 0; i < 20; i++) await ask(port, '/who', cookie);
    const replaced = next();
    process.kill(busy, 'SIGKILL');
    for (let i = 0; i < 20; i++) {
      // The connection that was being dealt to the killed worker may break.
      const answer = await ask(port, '/who', cookie).catch(() => undefined);
      if (answer !== undefined) expect(answer.user).toBe('Ada');
    }
    ({ workers } = await replaced);
    expect(workers).not.toContain(busy);
    expect((await everyWorker(port, '/who', cookie)).users).toEqual(new Set(['Ada']));

    const later = await ask(port, '/login?user=Grace');
    await stop();
    ({ port } = await start(file, host));
    expect((await everyWorker(port, '/who', cookie)).users).toEqual(new Set(['Ada']));
    expect((await everyWorker(port, '/who', later.cookie)).users).toEqual(new Set(['Grace']));
    await ask(port, '/logout', cookie);
    expect((await everyWorker(port, '/who', cookie)).users).toEqual(new Set([null]));
  },
);
