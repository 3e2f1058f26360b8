// `npm run scorecard`: installs and builds what is missing, then runs test/scorecard from source.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { repo } from './toolchain.mjs';

if (!(await ensureBuilt())) process.exit(1);
// Ctrl-C is the scorecard's: it stops, and saves what it has.
process.on('SIGINT', () => undefined);
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(repo, 'test/scorecard/main.ts'), ...process.argv.slice(2)], {
  cwd: repo,
  stdio: 'inherit',
});
process.exit(status ?? 1);
