// `npm run build`: installs what is missing, then compiles every package to packages/<name>/dist, as ESM, and as CommonJS too where its package.json asks for that.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCommonJs } from './commonjs.mjs';
import { ensureInstalled, MAIN } from './install.mjs';
import { repo } from './toolchain.mjs';

/** True when everything of the set compiled: 'main' for `npm start`, or 'all'. */
export async function ensureBuilt(set = 'all') {
  await ensureInstalled(set);
  const packages = (set === 'main' ? MAIN : readdirSync(join(repo, 'packages')).map((name) => `packages/${name}`)).filter((folder) =>
    existsSync(join(repo, folder, 'src')),
  );
  const references = set === 'main' ? packages : ['.'];
  const { status } = spawnSync(process.execPath, [join(repo, 'node_modules/typescript/bin/tsc'), '-b', ...references], { cwd: repo, stdio: 'inherit' });
  for (const folder of packages) {
    dropOrphans(join(repo, folder, 'src'), join(repo, folder, 'dist'));
    if (status === 0) await writeCommonJs(join(repo, folder));
  }
  return status === 0;
}

// tsc leaves the output of a source that was deleted or renamed; it would be published.
function dropOrphans(src, dist) {
  if (!existsSync(src) || !existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const source = path.replace(dist, src).replace(/(\.c?js|\.d\.c?ts)(\.map)?$/, '.ts');
    if (entry.isFile() && source.endsWith('.ts') && !existsSync(source)) rmSync(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!(await ensureBuilt())) process.exit(1);
  console.log('Built packages/*/dist.');
}
