// `npm run lint`: Biome over everything (`npm run lint -- --write` mends what it can).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { repo } from './toolchain.mjs';

await ensureInstalled();
const biome = [join(repo, 'node_modules/@biomejs/biome/bin/biome'), 'check', '--config-path', join(repo, '.biome.json'), ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, biome, { cwd: repo, stdio: 'inherit' });
process.exit(status ?? 1);
