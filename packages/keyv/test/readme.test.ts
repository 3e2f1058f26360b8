// Every program in the README runs as pasted, and prints what the comment after its `console.log` says. Needs a build, as `npm test` makes one.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const programs = [...readme.matchAll(/^```(?:js|ts)\n(.*?)^```/gms)].map(([, code], index) => ({
  code,
  title: `${readme
    .slice(0, readme.indexOf(code))
    .match(/^## .*$/gm)
    ?.at(-1)
    ?.slice(3)}, program ${index + 1}`,
}));

// Inside the package, so that its own name and its peers resolve; git ignores `.cache`.
mkdirSync(join(packageRoot, '.cache'), { recursive: true });
const directory = mkdtempSync(join(packageRoot, '.cache', 'readme-'));
const data = mkdtempSync(join(tmpdir(), 'mapstone-readme-'));
afterAll(() => {
  for (const made of [directory, data]) rmSync(made, { recursive: true, force: true });
});

describe('the README', () => {
  it('has a program for each of its uses', () => {
    expect(programs.length).toBeGreaterThanOrEqual(10);
    for (const { code } of programs) expect(code).toMatch(/console\.log\(|closeAll\(\)/);
  });

  it.each(programs)('$title', { timeout: 30_000 }, async ({ code, title }) => {
    const name = title.replaceAll(/\W+/g, '-');
    const file = join(directory, `${name}.mjs`);
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, experimentalDecorators: true };
    writeFileSync(file, ts.transpileModule(code, { compilerOptions: options }).outputText);
    const cwd = join(data, name);
    mkdirSync(cwd);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd });
    const expected = [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, printed]) => printed);
    expect(stdout.split('\n').slice(0, -1)).toEqual(expected);
  });

  it('the lines for SIGTERM close cleanly', { timeout: 30_000 }, async () => {
    const handler = programs.find(({ code }) => code.includes("process.once('SIGTERM'"))?.code;
    const file = join(directory, 'sigterm.mjs');
    const cwd = join(data, 'sigterm');
    mkdirSync(cwd);
    const open = "import { createKeyv } from '@mapstone/keyv';\nconst keyv = createKeyv('./store');\n";
    writeFileSync(file, `${open}${handler}\nawait keyv.set('a', 1); setInterval(() => {}, 1000); console.log('ready');`);
    const child = spawn(process.execPath, [file], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    writeFileSync(file, `${open}console.log(keyv.store.engine.stats().recovery, await keyv.get('a'));`);
    expect((await promisify(execFile)(process.execPath, [file], { cwd })).stdout).toBe('clean 1\n');
  });
});
