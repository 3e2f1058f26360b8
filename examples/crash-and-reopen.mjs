// A process is killed with SIGKILL in the middle of writing; another opens the file, and what had returned is there. Run: node examples/crash-and-reopen.mjs

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '@mapstone/engine';

const [role, path] = process.argv.slice(2);
if (role === 'writer') write(path);
else await killAndReopen();

/** Never ends by itself, never closes, and flushes only when the last line of this function says so. */
function write(path) {
  const store = openStore(path, { flush: 'manual' });
  for (let i = 0; ; i++) {
    store.set(`entry ${i}`, { number: i, text: 'x'.repeat(i % 100) });
    writeSync(1, '.'); // "this one has returned"
    if (i === 100) store.flushSync(); // on disk: survives a power cut too. What follows survives the death of the process only.
  }
}

async function killAndReopen() {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  const file = join(directory, 'crash.mapstone');
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'writer', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let returned = 0;
  child.stdout.on('data', (chunk) => {
    returned += chunk.length;
    if (returned > 20_000) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  console.log(`the writer was killed with ${signal}; more than 20,000 sets had returned: ${returned > 20_000}`);

  const store = openStore(file);
  let lost = 0;
  for (let i = 0; i < returned; i++) {
    const found = store.get(`entry ${i}`);
    if (found?.number !== i || found.text.length !== i % 100) lost++;
  }
  console.log(`found as after: ${store.stats().recovery}`);
  console.log(`lost: ${lost}, findings of check(): ${store.check().length}`);
  console.log(`entries that had not been said to have returned: ${store.size - returned}`); // 0, or the one that was under way
  store.close();
  rmSync(directory, { recursive: true });
}
