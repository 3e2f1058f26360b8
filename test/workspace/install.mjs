// Installs with the pinned pnpm, from the committed lockfile, once: a stamp in node_modules says for what it stands.
// Only Node's own modules here, since nothing is installed yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hasCompiler, onPath, repo, whyNoMmapIo } from './toolchain.mjs';

const PNPM = 'pnpm@10.34.9';

/** Folders that pnpm-workspace.yaml leaves out: each is a workspace of its own, with its own lockfile. */
export const OTHER_WORKSPACES = ['packages/bench', 'examples/next'];

/** What `npm start` needs: these folders of the workspace, and none of the hosts (ORMs, frameworks) that the other adapters are tested with. */
export const MAIN = ['.', 'packages/engine', 'packages/conformance', 'packages/keyv', 'examples'];

/** `set` is 'main' (the folders above) or 'all' of the workspace, which every command but `npm start` needs. */
export async function ensureInstalled(set = 'all') {
  const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...memberManifests(), ...readdirSync(join(repo, 'patches')).map((name) => `patches/${name}`)];
  const only = set === 'main' ? MAIN.flatMap((folder) => ['--filter', `{./${folder}}`]) : [];
  await installOnce(repo, inputs, set, ['install', '--frozen-lockfile', ...only], buildMmapIo);
}

/** The benchmark's peers, which compile for a minute: a workspace of its own in packages/bench. */
export async function ensureBenchInstalled() {
  await installOnce(join(repo, 'packages/bench'), ['package.json', 'pnpm-lock.yaml'], 'all', ['install', '--ignore-workspace', '--frozen-lockfile']);
}

/** The Next app that tests @mapstone/next: a workspace of its own, 342 MB. With `onlyIfThere`, when it is installed already or CI is set. */
export async function ensureNextInstalled({ onlyIfThere = false } = {}) {
  const app = join(repo, 'examples/next');
  if (onlyIfThere && !process.env.CI && !existsSync(join(app, 'node_modules/next'))) return;
  await installOnce(app, ['package.json', 'pnpm-lock.yaml'], 'all', ['install', '--ignore-workspace', '--frozen-lockfile']);
}

function memberManifests() {
  const within = (parent) => (existsSync(join(repo, parent)) ? readdirSync(join(repo, parent)).map((name) => `${parent}/${name}`) : []);
  const packages = within('packages').filter((folder) => !OTHER_WORKSPACES.includes(folder));
  const members = ['.', 'examples', 'test', ...packages, ...within('examples'), ...packages.flatMap((folder) => within(`${folder}/test/hosts`))];
  return members.map((folder) => join(folder, 'package.json')).filter((path) => existsSync(join(repo, path)));
}

async function installOnce(dir, inputs, set, args, after) {
  const stamp = join(dir, 'node_modules/.mapstone-installed');
  const wanted = fingerprint(dir, inputs);
  // The stamp names the set that stands; 'all' has 'main' in it.
  const standing = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (standing === `${wanted} ${set}\n` || standing === `${wanted} all\n`) return;
  const log = join(dir, 'node_modules/.mapstone-install.log');
  mkdirSync(join(dir, 'node_modules'), { recursive: true });
  console.log(`Installing dependencies${dir === repo ? '' : ` of ${dir.slice(repo.length + 1)}`} with ${PNPM} ...`);
  const code = await pnpm(dir, args, log);
  if (code !== 0) {
    console.error(`Installing failed (exit code ${code}). The whole output is in ${log}`);
    process.exit(1);
  }
  await after?.(log);
  writeFileSync(stamp, `${wanted} ${set}\n`);
}

// A compiler that came later, or another Node, asks for mmap-io to be built again; so they are part of what the stamp stands for.
function fingerprint(dir, inputs) {
  const hash = createHash('sha256');
  for (const input of inputs)
    hash
      .update(input)
      .update('\0')
      .update(readFileSync(join(dir, input)))
      .update('\0');
  return `${hash.digest('hex')} ${process.platform}-${process.arch}-${process.versions.modules} compiler=${hasCompiler()}`;
}

// pnpm doesn't build again what it has already installed, and a failed build of an optional package is no failure to it: nor is it to us.
async function buildMmapIo(log) {
  let why = whyNoMmapIo();
  if (why && hasCompiler()) {
    await pnpm(repo, ['rebuild', 'mmap-io'], log);
    why = whyNoMmapIo();
  }
  if (!why) console.log('mmap-io is built: stores are mapped through it, and through koffi where asked.');
  else
    console.log(
      `mmap-io is not built (${hasCompiler() ? why : 'no C++ compiler, make and Python on the PATH'}): stores are mapped through koffi, which needs none.`,
    );
}

/** Runs pnpm; the compiler's chatter goes to the log only, where it can't be taken for a failure. */
function pnpm(dir, args, log) {
  // A prompt would wait for ever on a terminal nobody looks at.
  const env = { ...process.env, npm_config_confirm_modules_purge: 'false', npm_config_reporter: 'append-only', npm_config_update_notifier: 'false' };
  const [command, ...first] = onPath('npx') ? ['npx', '-y', PNPM] : ['npm', 'exec', '-y', PNPM, '--'];
  const child = spawn(command, [...first, ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      appendFileSync(log, `${line}\n`);
      if (!isChatter(line)) console.log(`  ${line}`);
    });
  }
  return new Promise((done) => child.on('error', () => done(127)).on('close', (code) => done(code ?? 1)));
}

const isChatter = (line) =>
  line.trim() === '' ||
  / install: |^npm warn Unknown .*config|gyp (ERR|WARN)|^Progress: (?!.*done)|^(dependencies|devDependencies|optionalDependencies):$|^\+ |is available\)$|^Packages: /.test(
    line,
  );
