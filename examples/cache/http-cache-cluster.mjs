// Four workers of a web server, one upstream: what all of them are asked for at once is fetched once. Run: node examples/cache/http-cache-cluster.mjs

import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MapstoneCache } from '@mapstone/cache';

if (cluster.isPrimary) await runPrimary();
else runWorker(process.env);

/** What you copy: every worker opens the same file, and asks it before the upstream. */
function runWorker({ CACHE_FILE, UPSTREAM }) {
  const cache = new MapstoneCache({ path: CACHE_FILE, maxSize: '64mb', ttl: '1m', stale: '10m', staleIfError: '1d' });
  const fetchPage = async (path) => {
    const response = await fetch(UPSTREAM + path);
    if (!response.ok) throw new Error(`upstream: ${response.status}`);
    return { type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) };
  };
  const server = createServer(async (request, response) => {
    try {
      const { type, body } = await cache.getOrSet(request.url, () => fetchPage(request.url));
      response.setHeader('content-type', type).setHeader('x-worker', cluster.worker.id).end(body);
    } catch (error) {
      response.writeHead(502).end(error.message);
    }
  });
  server.listen(0, '127.0.0.1');
}

async function runPrimary() {
  const asked = [];
  const upstream = createServer(async (request, response) => {
    asked.push(request.url);
    await sleep(200);
    response.setHeader('content-type', 'text/plain').end(`the page ${request.url}`);
  });
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const environment = { CACHE_FILE: join(directory, 'http.cache'), UPSTREAM: `http://127.0.0.1:${upstream.address().port}` };
  const fork = () => once(cluster.fork(environment), 'listening');
  const [[{ port }]] = await Promise.all(Array.from({ length: 4 }, fork));

  const ask = () => fetch(`http://127.0.0.1:${port}/news`, { headers: { connection: 'close' } });
  const answers = await Promise.all(Array.from({ length: 40 }, ask));
  const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
  const workers = new Set(answers.map((answer) => answer.headers.get('x-worker')));
  console.log('40 requests at once, answered by', workers.size, 'workers:', ...bodies);
  console.log('the upstream was asked:', asked.join(' '));

  upstream.close();
  cluster.disconnect(() => rmSync(directory, { recursive: true }));
}
