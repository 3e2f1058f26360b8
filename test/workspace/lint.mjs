// `npm run lint`: Biome over everything (`npm run lint -- --write` mends what it can), then the types of the tests, which vitest doesn't check.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { repo } from './toolchain.mjs';

await ensureInstalled();
const biome = run('node_modules/@biomejs/biome/bin/biome', ['check', '--config-path', join(repo, '.biome.json'), ...process.argv.slice(2)]);
const types = run('node_modules/typescript/bin/tsc', ['-p', 'test/tsconfig.json']);
process.exitCode = biome && types ? 0 : 1;

function run(program, args) {
  return spawnSync(process.execPath, [join(repo, program), ...args], { cwd: repo, stdio: 'inherit' }).status === 0;
}
