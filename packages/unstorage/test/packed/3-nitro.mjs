// A Nitro server with the driver under its storage and its cache, built, taken to another place by itself, killed and started again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, copyPublicAssets, createNitro, prepare } from 'nitropack/core';

mkdirSync('nitro/routes', { recursive: true });
writeFileSync(
  'nitro/routes/count.get.ts',
  `export default defineEventHandler(async () => {
    const storage = useStorage('data');
    const count = ((await storage.getItem('count')) ?? 0) + 1;
    await storage.setItem('count', count);
    return { count };
  });`,
);
writeFileSync(
  'nitro/routes/cached.get.ts',
  `export default defineCachedEventHandler(() => ({ made: process.hrtime.bigint().toString() }), { maxAge: 60, swr: false });`,
);
const nitro = await createNitro({
  rootDir: join(process.cwd(), 'nitro'),
  preset: 'node-server',
  compatibilityDate: '2025-01-01',
  logLevel: 0,
  storage: {
    data: { driver: '@mapstone/unstorage', path: './.data/nitro.mapstone', base: 'data' },
    cache: { driver: '@mapstone/unstorage', path: './.data/nitro.mapstone', base: 'cache' },
  },
  // As the README says for a server that leaves its project behind.
  externals: {
    traceInclude: [
      'node_modules/koffi/index.cjs',
      `node_modules/@koromix/koffi-${process.platform}-${process.arch}/${process.platform}_${process.arch}/koffi.node`,
    ],
  },
});
await prepare(nitro);
await copyPublicAssets(nitro);
await build(nitro);
await nitro.close();

const place = mkdtempSync(join(tmpdir(), 'mapstone-nitro-'));
let server;
try {
  cpSync('nitro/.output', join(place, '.output'), { recursive: true });
  let base = await start();
  assert.deepEqual(await ask('/count'), { count: 1 });
  assert.deepEqual(await ask('/count'), { count: 2 });
  const page = await ask('/cached');
  assert.deepEqual(await ask('/cached'), page);
  await stop('SIGKILL');
  base = await start();
  assert.deepEqual(await ask('/count'), { count: 3 });
  assert.deepEqual(await ask('/cached'), page);

  async function ask(path) {
    const answer = await fetch(base + path);
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  }
} finally {
  await stop('SIGTERM');
  rmSync(place, { recursive: true, force: true });
}
console.log('ran over koffi');

async function start() {
  const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', NITRO_PORT: '0' };
  server = spawn(process.execPath, ['.output/server/index.mjs'], { cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of server.stdout.setEncoding('utf8')) {
    const [, url] = /Listening on (http:\S+)/.exec(text) ?? [];
    if (url) {
      server.stdout.resume();
      return url.replace(/\/$/, '');
    }
  }
  throw new Error('the server ended before it listened');
}

async function stop(signal) {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((done) => server.once('exit', done));
  server.kill(signal);
  await ended;
}
