// The main job, what `npm start` runs: the cities of the world in a Keyv over Mapstone, beside Keyv over a Map; some expire; a process that
// writes is killed with SIGKILL; a new one opens the file and compares every entry. Exit code 1 if one is lost. Each part runs in a process of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runAndKill } from './main-job/children.mjs';
import { cities } from './main-job/cities.mjs';
import { startProgress } from './main-job/progress.mjs';
import { printReport } from './main-job/report.mjs';

const EXPIRING = 10_000;

const directory = mkdtempSync(join(tmpdir(), 'mapstone-main-job-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const path = join(directory, 'cities.mapstone');
const count = cities.length;
const killAfter = Math.round(count * (0.2 + 0.6 * Math.random()));

const progress = startProgress('cities', { map: 2 * count, fill: 2 * count, expire: 2 * EXPIRING, write: killAfter, compare: count });

try {
  const map = await run('measure.mjs', ['map'], progress.during('map', 'Keyv over a Map: set and get all'));
  const own = await run('measure.mjs', [path], progress.during('fill', 'Keyv over Mapstone: set and get all'));
  const expiry = await run('expire.mjs', [path, EXPIRING], progress.during('expire', `${EXPIRING} entries with a ttl`));
  const killed = await runAndKill('write.mjs', [path], killAfter, progress.during('write', 'a writer, until it is killed'));
  const found = await run('compare.mjs', [path, killed.acknowledged], progress.during('compare', 'a new process compares all entries'));
  const again = await run('open.mjs', [path]);
  progress.stop();
  printReport({ map, own, expiry, killed, found, again });
  const right = found.lost === 0 && found.findings === 0 && expiry.stillThere === 0 && found.entries === found.expected;
  process.exitCode = right ? 0 : 1;
} catch (error) {
  progress.stop();
  throw error;
}
