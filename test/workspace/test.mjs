// `npm test`, `npm run test:quick` (`--quick`: the files that test/vitest.config.ts lists) and `npm run test:next` (`--next`: real Next, installed for it).
// Other arguments go to vitest.
// The very last line is `N passed, N failed`; a build that fails, a worker that dies and a run of nothing are failures.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureNextInstalled } from './install.mjs';
import { repo } from './toolchain.mjs';

const quick = process.argv.includes('--quick');
const next = process.argv.includes('--next');
const args = process.argv.slice(2).filter((arg) => arg !== '--quick' && arg !== '--next');
if (next) args.push('packages/next/');
if (!quick) await ensureNextInstalled({ onlyIfThere: !next });

const count = (await ensureBuilt()) ? runTests() : buildFailed();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;

function buildFailed() {
  console.error('The build failed, so no test was run.');
  return { passed: 0, failed: 1 };
}

function runTests() {
  const dir = mkdtempSync(join(tmpdir(), 'mapstone-count-'));
  const env = { ...process.env, MAPSTONE_QUICK: quick ? '1' : '', MAPSTONE_COUNT: join(dir, 'count.json') };
  const vitest = [join(repo, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts', '--root', '.'];
  const { status } = spawnSync(process.execPath, [...vitest, ...args], { cwd: repo, env, stdio: 'inherit' });
  const count = readCount(env.MAPSTONE_COUNT);
  rmSync(dir, { recursive: true, force: true });
  if (status !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

function readCount(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    console.error('The test runner ended without a result.');
    return { passed: 0, failed: 1 };
  }
}
