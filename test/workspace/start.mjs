// `npm start`: installs and builds what the main job needs, and no more, then runs the main job.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { repo } from './toolchain.mjs';

if (!(await ensureBuilt('main'))) process.exit(1);
const job = join(repo, 'examples/main-job.mjs');
if (!existsSync(job)) {
  console.error('The main job, examples/main-job.mjs, is not written yet. Installing and building went well.');
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [job, ...process.argv.slice(2)], { cwd: repo, stdio: 'inherit' });
process.exit(status ?? 1);
