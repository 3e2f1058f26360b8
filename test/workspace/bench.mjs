// `npm run bench`: installs and builds what is missing, the benchmark's peers too, then runs packages/bench.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureBenchInstalled } from './install.mjs';
import { repo } from './toolchain.mjs';

if (!(await ensureBuilt())) process.exit(1);
const main = join(repo, 'packages/bench/src/main.mjs');
if (!existsSync(main)) {
  console.error('The benchmark, packages/bench/src/main.mjs, is not written yet.');
  process.exit(1);
}
await ensureBenchInstalled();
const { status } = spawnSync(process.execPath, [main, ...process.argv.slice(2)], { cwd: join(repo, 'packages/bench'), stdio: 'inherit' });
process.exit(status ?? 1);
