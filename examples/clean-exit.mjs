// SIGTERM ends a Node process at once, without an `exit` event. Three lines make it a clean close. Run: node examples/clean-exit.mjs

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeAll, openStore } from '@mapstone/engine';

const [role, path] = process.argv.slice(2);
if (role === undefined) await main();
else serve(path, role === 'with-handler');

function serve(path, withHandler) {
  const store = openStore(path);
  store.set('started', new Date());
  if (withHandler) {
    // The three lines. For what Ctrl+C sends, the same with 'SIGINT'.
    process.once('SIGTERM', () => {
      closeAll();
      process.exit(0);
    });
  }
  console.log('ready');
  setInterval(() => {}, 1000); // a server would listen here
}

async function main() {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-example-'));
  for (const role of ['with-handler', 'without']) {
    const file = join(directory, role);
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), role, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    const store = openStore(file);
    const { recovery } = store.stats();
    console.log(`${role}: ended with ${signal ?? `exit code ${code}`}, opened as after: ${recovery}, entry there: ${store.has('started')}`);
    store.close();
  }
  rmSync(directory, { recursive: true });
}
