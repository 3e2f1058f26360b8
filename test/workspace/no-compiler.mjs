// `npm run test:no-compiler`: a fresh clone, a PATH without compiler, make and Python, and no build from pnpm's cache:
// `npm start` and `npm test` pass, stores are mapped through koffi, and the mmap-io cases are skipped by name.
import { join } from 'node:path';
import { binOf, clone, mappingOf, plainEnvironment, readTestOutput, run, table, temporary, which } from './clone.mjs';

const PROGRAMS =
  'node npm npx git sh env cat ls mkdir mkfifo rm rmdir cp mv ln chmod touch stat df uname dirname basename readlink realpath sed grep tail head tee mktemp sleep kill ps true false id mount umount'.split(
    ' ',
  );

const dir = temporary('no-compiler');
const bin = binOf(
  join(dir, 'bin'),
  Object.fromEntries(PROGRAMS.map((name) => [name, name === 'node' ? process.execPath : which(name)]).filter(([, target]) => target)),
);
const repo = join(dir, 'mapstone');
const env = plainEnvironment({ PATH: bin, npm_config_side_effects_cache: 'false' });
for (const name of ['CC', 'CXX', 'PYTHON']) delete env[name];
clone(repo);

console.log('npm start');
const start = await run('npm', ['start'], { cwd: repo, env });
console.log('npm test');
const test = await run('npm', ['test'], { cwd: repo, env });
const { passed, failed, skipped } = readTestOutput(test.output);
const named = skipped.filter((line) => /mmap-io/.test(line));
const mapping = await mappingOf(repo, env);

const checks = [
  ['npm start ends with exit code 0', start.code === 0, `exit code ${start.code}, ${start.seconds.toFixed(0)} s`],
  ['npm test passes', test.code === 0 && failed === 0 && passed > 0, `${passed} passed, ${failed} failed, ${test.seconds.toFixed(0)} s`],
  ['mmap-io cases are skipped by name', named.length > 0, `${named.length} of ${skipped.length} skipped`],
  ["stats().mapping === 'koffi'", mapping === 'koffi', mapping],
];
console.log(`\n${table([['without a compiler', 'ok', 'seen'], ...checks.map(([what, ok, seen]) => [what, ok ? 'yes' : 'NO', seen])])}`);
process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1;
