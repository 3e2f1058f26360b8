// `npm run test:pack [-- orm keyv ...]`: what a user gets, of all packages or those named. The packages are packed, looked at by publint and arethetypeswrong, installed with plain npm into
// empty projects beside their hosts, without a warning to act on, and run there.
// An adapter takes part with a folder `test/packed`: programs (*.mjs, *.cjs) that run in such a project, and hosts.json: the names of those of
// its devDependencies to install beside it, and, where a host makes npm warn by itself, patterns of those lines.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { plainEnvironment, run, temporary } from './clone.mjs';
import { repo } from './toolchain.mjs';

const APP = `
import { openStore, closeAll } from '@mapstone/engine';
import Default, { KeyvMapstone, createKeyv } from '@mapstone/keyv';
import Keyv, { Keyv as Named } from 'keyv';
import assert from 'node:assert/strict';

const store = openStore('./engine.mapstone');
const value = { a: [1, -0, NaN], at: new Date(0), map: new Map([['k', 1n]]), bytes: Buffer.from('bytes') };
store.set('object', value);
store.setMany([{ key: 'one', value: 1 }, { key: 'two', value: 'zwei', ttl: 60_000 }]);
assert.deepEqual(store.get('object'), value);
assert.deepEqual(store.getMany(['one', 'two', 'three']), [1, 'zwei', undefined]);
assert.equal(store.delete('one'), true);
assert.equal(store.size, 2);
await store.flush();
const { mapping } = store.stats();
assert.equal(mapping, 'koffi');
store.close();

assert.equal(Default, KeyvMapstone);
const keyv = createKeyv('./keyv.mapstone');
assert.equal(await keyv.set('city', { name: 'Zürich' }, 60_000), true);
assert.deepEqual(await keyv.get('city'), { name: 'Zürich' });
await keyv.disconnect();
const plain = new (Named ?? Keyv)({ store: new KeyvMapstone({ path: './plain.mapstone' }), namespace: 'app' });
await plain.set('a', [1, 2]);
assert.deepEqual(await plain.get('a'), [1, 2]);
await plain.disconnect();
closeAll();
console.log('ran over ' + mapping);
`;

const KEYV_PROJECTS = [
  { name: 'keyv 5', hosts: ['keyv@5.6.0'], options: [], noAction: [] },
  // keyv 6 asks for Node 22 and runs on 20: npm says so about keyv, whoever installs it.
  { name: 'keyv 6, no install scripts', hosts: ['keyv@6.1.0'], options: ['--ignore-scripts'], noAction: [/EBADENGINE/] },
].map((project) => ({ ...project, folder: join(repo, 'packages/keyv'), write: (dir) => writeFileSync(join(dir, 'app.mjs'), APP) }));

// npm 11 lists install scripts that nobody has approved. koffi's and msgpackr's have nothing to do, their binaries
// are packages: so nobody must act, which the project with --ignore-scripts shows. A script of any other package is a failure.
const NO_ACTION = [
  /Unknown \w+ config/,
  /^npm warn install-scripts( *$| \d+ packages? ha| Run `npm install-scripts)/,
  /^npm warn install-scripts +(koffi|msgpackr-extract)@/,
];

/** Packs, looks, installs and runs; throws with what went wrong. Gives a line for each project: what it printed. */
export async function packInstallRun(only = []) {
  const dir = temporary('pack');
  try {
    const tarballs = await packAll(join(dir, 'tarballs'));
    const wanted = (name) => only.length === 0 || only.some((start) => name.startsWith(start));
    for (const [folder, tarball] of tarballs) if (wanted(basename(folder))) await look(folder, tarball);
    const seen = [];
    for (const project of [...KEYV_PROJECTS, ...adapterProjects([...tarballs.keys()])].filter(({ name }) => wanted(name))) {
      const output = await installAndRun(join(dir, project.name.replaceAll(/\W+/g, '-')), tarballs, project);
      seen.push(`${project.name}: ${output.trim().replaceAll('\n', '; ')}`);
    }
    return seen;
  } finally {
    // Now, since vitest ends its processes without an `exit` event.
    if (!process.env.MAPSTONE_KEEP) rmSync(dir, { recursive: true, force: true });
  }
}

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Tarballs by folder. */
async function packAll(into) {
  const folders = readdirSync(join(repo, 'packages')).map((name) => join(repo, 'packages', name));
  const publics = folders.filter((folder) => existsSync(join(folder, 'package.json')) && !manifest(folder).private);
  mkdirSync(into, { recursive: true });
  const tarballs = new Map();
  for (const folder of publics) {
    // pnpm's pack, since npm's would leave `workspace:^` in place.
    await must('npx', ['-y', 'pnpm@10.34.9', 'pack', '--pack-destination', into], { cwd: folder });
    const { name, version } = manifest(folder);
    tarballs.set(folder, join(into, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`));
  }
  return tarballs;
}

/** publint, and arethetypeswrong over the ways in that Node 20 and later have: ESM alone, or CommonJS as well. */
async function look(folder, tarball) {
  const tool = (path, args) => must(process.execPath, [join(repo, 'test/node_modules', path), ...args], { cwd: folder });
  const { exports } = manifest(folder);
  const profile = JSON.stringify(exports).includes('.cjs"') ? 'node16' : 'esm-only';
  await tool('publint/src/cli.js', ['run', tarball, '--strict', '--pack', 'false']);
  await tool('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', profile, '--format', 'ascii', '--no-color', '--no-emoji']);
}

function adapterProjects(folders) {
  return folders.flatMap((folder) => {
    const programs = join(folder, 'test/packed');
    if (!existsSync(programs)) return [];
    const { devDependencies } = manifest(folder);
    const wanted = JSON.parse(readFileSync(join(programs, 'hosts.json'), 'utf8'));
    const { hosts: names, warnings = [] } = Array.isArray(wanted) ? { hosts: wanted } : wanted;
    const noAction = warnings.map((pattern) => new RegExp(pattern));
    const hosts = names.map((name) => {
      if (!devDependencies[name]) throw new Error(`${programs}/hosts.json names ${name}, which is no devDependency of ${folder}`);
      return `${name}@${devDependencies[name]}`;
    });
    return [{ name: basename(folder), folder, hosts, options: [], noAction, write: (dir) => cpSync(programs, dir, { recursive: true }) }];
  });
}

/** The tarballs of a package and of those it depends on. */
function withDependencies(folder, tarballs) {
  const { dependencies, peerDependencies } = manifest(folder);
  const needed = { ...dependencies, ...peerDependencies };
  const own = [...tarballs.keys()].filter((other) => manifest(other).name in needed);
  return new Set([tarballs.get(folder), ...own.flatMap((other) => [...withDependencies(other, tarballs)])]);
}

async function installAndRun(dir, tarballs, { folder, hosts, options, noAction, write }) {
  mkdirSync(dir);
  writeFileSync(join(dir, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true, "type": "module" }\n');
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...options, ...withDependencies(folder, tarballs), ...hosts];
  const output = await must('npm', install, { cwd: dir });
  const warnings = output.split('\n').filter((line) => /^npm (warn|error)/i.test(line) && ![...NO_ACTION, ...noAction].some((pattern) => pattern.test(line)));
  if (warnings.length > 0) throw new Error(`npm install warned:\n${warnings.join('\n')}`);
  write(dir);
  const programs = readdirSync(dir).filter((name) => /\.[cm]js$/.test(name));
  if (programs.length === 0) throw new Error(`${folder} has no program to run where it is installed`);
  const printed = [];
  for (const program of programs) printed.push(await must(process.execPath, ['--unhandled-rejections=strict', program], { cwd: dir }));
  return printed.join('\n');
}

async function must(command, args, { cwd }) {
  const { code, output } = await run(command, args, { cwd, env: plainEnvironment(), quiet: true });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} in ${cwd} ended with exit code ${code}:\n${output}`);
  return output;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!(await ensureBuilt())) process.exit(1);
  for (const line of await packInstallRun(process.argv.slice(2))) console.log(line);
}
