// `npm run test:pack`: what a user gets. The packages are packed, installed with plain npm into an empty project beside keyv,
// without a warning to act on, and run there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

const PROJECTS = [
  { name: 'keyv 5', keyv: 'keyv@5.6.0', options: [], noAction: [] },
  // keyv 6 asks for Node 22 and runs on 20: npm says so about keyv, whoever installs it.
  { name: 'keyv 6, no install scripts', keyv: 'keyv@6.1.0', options: ['--ignore-scripts'], noAction: [/EBADENGINE/] },
];

// npm 11 lists install scripts that nobody has approved. koffi's and msgpackr's have nothing to do, their binaries
// are packages: so nobody must act, which the project with --ignore-scripts shows. A script of any other package is a failure.
const NO_ACTION = [
  /Unknown \w+ config/,
  /^npm warn install-scripts( *$| \d+ packages? ha| Run `npm install-scripts)/,
  /^npm warn install-scripts +(koffi|msgpackr-extract)@/,
];

/** Packs, installs and runs; throws with what went wrong. */
export async function packInstallRun() {
  const dir = temporary('pack');
  try {
    const tarballs = await packAll(join(dir, 'tarballs'));
    const seen = [];
    for (const project of PROJECTS) seen.push(`${project.name}: ${await installAndRun(join(dir, project.name.replaceAll(/\W+/g, '-')), tarballs, project)}`);
    return seen;
  } finally {
    // Now, since vitest ends its processes without an `exit` event.
    if (!process.env.MAPSTONE_KEEP) rmSync(dir, { recursive: true, force: true });
  }
}

async function packAll(into) {
  const folders = readdirSync(join(repo, 'packages')).map((name) => join(repo, 'packages', name));
  const publics = folders.filter((folder) => !JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private);
  mkdirSync(into, { recursive: true });
  for (const folder of publics) {
    // pnpm's pack, since npm's would leave `workspace:^` in place.
    await must('npx', ['-y', 'pnpm@10.34.9', 'pack', '--pack-destination', into], { cwd: folder });
  }
  return readdirSync(into).map((name) => join(into, name));
}

async function installAndRun(dir, tarballs, { keyv, options, noAction }) {
  mkdirSync(dir);
  writeFileSync(join(dir, 'package.json'), '{ "name": "app", "version": "1.0.0", "private": true, "type": "module" }\n');
  const output = await must('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...options, ...tarballs, keyv], { cwd: dir });
  const warnings = output.split('\n').filter((line) => /^npm (warn|error)/i.test(line) && ![...NO_ACTION, ...noAction].some((pattern) => pattern.test(line)));
  if (warnings.length > 0) throw new Error(`npm install warned:\n${warnings.join('\n')}`);
  writeFileSync(join(dir, 'app.mjs'), APP);
  return must(process.execPath, ['--unhandled-rejections=strict', 'app.mjs'], { cwd: dir });
}

async function must(command, args, { cwd }) {
  const { code, output } = await run(command, args, { cwd, env: plainEnvironment(), quiet: true });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} in ${cwd} ended with exit code ${code}:\n${output}`);
  return output;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!(await ensureBuilt())) process.exit(1);
  for (const line of await packInstallRun()) console.log(line);
}
