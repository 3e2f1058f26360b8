// The programs of a package's README run as pasted, each in a process of its own, and print what the comment after their `console.log` says. Needs a build.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

/** Options of the engine that every adapter takes. */
const ENGINE_OPTIONS: readonly string[] = /const KNOWN = new Set\(\[(.*?)\]\)/s
  .exec(readFileSync(new URL('../../packages/engine/src/store/options.ts', import.meta.url), 'utf8'))![1]
  .match(/\w+/g)!;

interface Program {
  code: string;
  name: string;
}

/** `testFile` is a file of packages/<name>/test; `options` the adapter's own, which the table under `## Options` must have; others in it must be the engine's. */
export function readmeIsTrue(testFile: string, { programs: atLeast, options }: { programs: number; options: readonly string[] }): void {
  const { readme, programs, directory, data } = readmeOf(testFile);

  describe('the README', () => {
    it('has programs', () => {
      expect(programs.length).toBeGreaterThanOrEqual(atLeast);
    });

    it.each(programs.filter(({ code }) => code.includes('console.log(')))(
      '$name runs, twice, and prints what it says',
      { timeout: 60_000 },
      async (program) => {
        const file = write(directory, program);
        const cwd = join(data, program.name);
        mkdirSync(cwd);
        const expected = [...program.code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, printed]) => printed);
        expect(expected.length).toBeGreaterThan(0);
        // Twice: a newcomer does that, and the file is there the second time.
        for (let i = 0; i < 2; i++) {
          const { stdout } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', file], { cwd });
          expect(stdout.trimEnd().split('\n')).toEqual(expected);
        }
      },
    );

    it('names every option of its own in its table, and none that is not there', () => {
      const section = readme.split(/^## Options$/m)[1]?.split(/^## /m)[0] ?? '';
      const rows = [...section.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
      expect(rows).toEqual(expect.arrayContaining([...options]));
      expect(rows.filter((name) => !options.includes(name) && !ENGINE_OPTIONS.includes(name))).toEqual([]);
    });
  });
}

/** A package's README and its programs, and directories for them that go when the tests are over: `directory` is inside the package. */
export function readmeOf(testFile: string) {
  const packageRoot = dirname(dirname(fileURLToPath(testFile)));
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const programs: Program[] = [...readme.matchAll(/^```(?:js|ts)\n(.*?)^```/gms)].map(([, code], i) => ({ code, name: `program-${i + 1}` }));
  // Inside the package, so that its own name and its peers resolve; git ignores `.cache`.
  mkdirSync(join(packageRoot, '.cache'), { recursive: true });
  const directory = mkdtempSync(join(packageRoot, '.cache', 'readme-'));
  const data = mkdtempSync(join(tmpdir(), 'mapstone-readme-'));
  afterAll(() => {
    for (const made of [directory, data]) rmSync(made, { recursive: true, force: true });
  });
  return { readme, programs, directory, data };
}

function write(directory: string, { code, name }: Program): string {
  const file = join(directory, `${name}.mjs`);
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, experimentalDecorators: true };
  writeFileSync(file, ts.transpileModule(code, { compilerOptions }).outputText);
  return file;
}
