// `npm run build`: installs what is missing, then compiles every package to packages/<name>/dist.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { repo } from './toolchain.mjs';

/** True when everything compiled. */
export async function ensureBuilt() {
  await ensureInstalled();
  const { status } = spawnSync(process.execPath, [join(repo, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: repo, stdio: 'inherit' });
  for (const name of readdirSync(join(repo, 'packages'))) dropOrphans(join(repo, 'packages', name, 'src'), join(repo, 'packages', name, 'dist'));
  return status === 0;
}

// tsc leaves the output of a source that was deleted or renamed; it would be published.
function dropOrphans(src, dist) {
  if (!existsSync(src) || !existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const source = path.replace(dist, src).replace(/(\.js|\.d\.ts)(\.map)?$/, '.ts');
    if (entry.isFile() && source.endsWith('.ts') && !existsSync(source)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!(await ensureBuilt())) process.exit(1);
  console.log('Built packages/*/dist.');
}
