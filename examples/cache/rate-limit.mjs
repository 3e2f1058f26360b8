// At most 10 requests a minute for each user, however many processes ask: update() counts as one step. Run: node examples/cache/rate-limit.mjs

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '@mapstone/engine';

/** What you copy. The window begins with a user's first request; the entry goes with it. */
export function rateLimit(path, { most, windowMs }) {
  const counts = openStore(path, { eviction: 's3-fifo', maxSize: 16 * 2 ** 20 });
  return {
    allow(user) {
      const count = counts.update(
        user,
        (before = 0) => before + 1,
        (entry) => (entry === undefined ? { ttl: windowMs } : {}),
      );
      return count <= most;
    },
    close: () => counts.close(),
  };
}

const limitAt = (path) => rateLimit(path, { most: 10, windowMs: 60_000 });

if (process.send) {
  const limit = limitAt(process.argv[2]);
  let allowed = 0;
  for (let i = 0; i < 25; i++) if (limit.allow('ada')) allowed++;
  limit.close();
  process.send(allowed);
  process.disconnect();
} else {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const path = join(directory, 'limits.cache');
  const processes = Array.from({ length: 4 }, () => fork(fileURLToPath(import.meta.url), [path]));
  const allowed = await Promise.all(processes.map(async (one) => (await once(one, 'message'))[0]));
  await Promise.all(processes.filter((one) => one.exitCode === null).map((one) => once(one, 'exit')));
  console.log(
    '100 requests by 4 processes, allowed:',
    allowed.reduce((sum, count) => sum + count),
  );
  const limit = limitAt(path);
  console.log('one more:', limit.allow('ada'), '| another user:', limit.allow('grace'));
  limit.close();
  rmSync(directory, { recursive: true });
}
