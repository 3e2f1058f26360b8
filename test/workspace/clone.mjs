// A fresh clone of what is committed, in a temporary directory, and commands run in it as a user would, with an environment of their own.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onPath, repo } from './toolchain.mjs';

/** A temporary directory that goes when the process ends. MAPSTONE_KEEP=1 keeps it. */
export function temporary(name) {
  const dir = mkdtempSync(join(tmpdir(), `mapstone-${name}-`));
  if (process.env.MAPSTONE_KEEP) console.log(`Kept: ${dir}`);
  else process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function clone(into) {
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', repo, into], { stdio: 'inherit' });
  const commit = execFileSync('git', ['log', '-1', '--format=%h %s'], { cwd: into, encoding: 'utf8' }).trim();
  console.log(`Cloned ${commit}`);
}

/** A directory of links to the named programs only, to be a whole PATH. */
export function binOf(dir, programs) {
  mkdirSync(dir, { recursive: true });
  for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(dir, name));
  return dir;
}

export function which(name) {
  const dir = (process.env.PATH ?? '').split(delimiter).find((candidate) => candidate !== '' && !candidate.includes('node_modules') && onPath(name, candidate));
  return dir && join(dir, name);
}

/** This environment without what `npm run` and vitest add to it. */
export function plainEnvironment(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|MAPSTONE_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|CI$|INIT_CWD$)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs a command, its lines shown indented; gives its exit code, output and seconds. */
export function run(command, args, { cwd, env, quiet = false }) {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (!quiet) console.log(`  ${line}`);
    });
  }
  return new Promise((done) => {
    const end = (code) => done({ code, output: lines.join('\n'), seconds: (performance.now() - started) / 1000 });
    child.on('error', (error) => lines.push(String(error)) && end(127)).on('close', (code) => end(code ?? 1));
  });
}

/** The count line and the names skipped, as `npm test` printed them. */
export function readTestOutput(output) {
  const count = output.match(/^(\d+) passed, (\d+) failed$/m);
  const lines = output.split('\n');
  const start = lines.findIndex((line) => /^\d+ skipped:$/.test(line));
  const skipped = start < 0 ? [] : lines.slice(start + 1, start + 1 + Number.parseInt(lines[start], 10)).map((line) => line.trim());
  return { passed: Number(count?.[1] ?? 0), failed: Number(count?.[2] ?? 1), skipped };
}

/** Rows as an aligned table, the first one its heading. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (row) =>
    row
      .map((cell, column) => (typeof cell === 'number' ? String(cell).padStart(widths[column]) : String(cell).padEnd(widths[column])))
      .join('  ')
      .trimEnd();
  return [line(rows[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)].join('\n');
}

/** What a store of the clone's built engine is mapped through. */
export async function mappingOf(dir, env, node = 'node') {
  const script = `
    import { mkdtempSync, rmSync } from 'node:fs';
    import { openStore } from './packages/engine/dist/index.js';
    const dir = mkdtempSync('${join(tmpdir(), 'mapstone-which-')}');
    const store = openStore(dir + '/store');
    store.set('a', 1);
    console.log(store.stats().mapping);
    store.close();
    rmSync(dir, { recursive: true });`;
  const { code, output } = await run(node, ['--input-type=module', '-e', script], { cwd: dir, env, quiet: true });
  return code === 0 ? output.trim() : `failed: ${(output.match(/^\w*Error.*$/m)?.[0] ?? output).slice(0, 60)}`;
}
