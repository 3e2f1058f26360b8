// A job that writes a price list now and then, beside web processes that only read it: each list appears at once, never half of it. Run: node examples/cron-and-web.mjs

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore } from '@mapstone/engine';

const PRODUCTS = Array.from({ length: 50 }, (_, i) => `price:${i}`);
const [role, path, argument] = process.argv.slice(2);
if (role === 'job') await runJob(Number(argument));
else if (role === 'web') await runWeb();
else await runBoth();

/** In your crontab. Everything that runs on the machine sees the new list from one moment to the next. */
async function runJob(lists) {
  const store = openStore(path);
  for (let list = 1; list <= lists; list++) {
    store.setMany(PRODUCTS.map((key, i) => ({ key, value: { list, cents: list * 100 + i } })));
    await sleep(1);
  }
  store.close(); // flushes
}

/** In your web processes. They write not a byte, and need no right to. */
async function runWeb() {
  const store = openStore(path, { readOnly: true, objectCache: { maxEntries: 1000 } });
  const seen = new Set();
  let mixed = 0;
  while (!seen.has(200)) {
    const prices = store.getMany(PRODUCTS);
    if (prices.some(({ list }) => list !== prices[0].list)) mixed++;
    seen.add(prices[0].list);
    await sleep(0);
  }
  console.log(`web: more than 5 lists seen: ${seen.size > 5}, lists seen half: ${mixed}`);
  store.close();
}

async function runBoth() {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const file = join(directory, 'prices.mapstone');
  const start = (...args) => spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
  await once(start('job', file, 1), 'exit'); // the first list is there before anyone reads
  const processes = [start('web', file), start('web', file), start('job', file, 200)];
  const codes = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]));
  console.log(`all ended well: ${codes.every((code) => code === 0)}`);

  const store = openStore(file, { readOnly: true });
  console.log('price:7 now:', store.get('price:7'));
  store.close();
  rmSync(directory, { recursive: true });
}
