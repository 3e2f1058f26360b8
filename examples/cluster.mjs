// One cache for all workers of a node:cluster web server: what one made, all have. A worker that is killed takes nothing with it. Run: node examples/cluster.mjs

import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@mapstone/engine';

if (cluster.isPrimary) await runPrimary();
else runWorker(process.env.CACHE_FILE);

/** What you copy: every worker opens the same file. */
function runWorker(path) {
  const cache = openStore(path, { objectCache: { maxEntries: 1000, values: 'frozen' } });
  const server = createServer((request, response) => {
    let report = cache.get(request.url);
    const hit = report !== undefined;
    if (!hit) {
      report = makeReport(request.url);
      cache.set(request.url, report, { ttl: 60_000 });
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...report, hit, worker: cluster.worker.id }));
  });
  server.listen(0, '127.0.0.1');
}

/** Stands for what takes long: a query, a page, a call to another service. */
function makeReport(url) {
  return { url, madeBy: cluster.worker.id, rows: Array.from({ length: 20 }, (_, i) => ({ i, square: i * i })) };
}

async function runPrimary() {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const fork = async () => once(cluster.fork({ CACHE_FILE: join(directory, 'cache.mapstone') }), 'listening');
  const [[{ port }]] = await Promise.all(Array.from({ length: 4 }, fork));
  const ask = async (path) => (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })).json();

  const answers = [];
  for (let i = 0; i < 8; i++) answers.push(await ask('/report/today'));
  console.log(
    `8 requests for one report: answered by ${new Set(answers.map(({ worker }) => worker)).size} workers, made ${answers.filter(({ hit }) => !hit).length} time`,
  );

  for (let i = 0; i < 100; i++) await ask(`/report/${i}`);
  const victim = Object.values(cluster.workers)[1];
  victim.process.kill('SIGKILL');
  await once(victim, 'exit');
  await fork();
  const again = [];
  for (let i = 0; i < 100; i++) again.push(await ask(`/report/${i}`));
  const its = again.filter(({ madeBy }) => madeBy === victim.id).length;
  console.log(
    `a worker was killed and another took its place; 100 reports asked again: ${again.filter(({ hit }) => hit).length} were there, also its own: ${its > 0}`,
  );

  cluster.disconnect(() => rmSync(directory, { recursive: true }));
}
