// docs/recipes.md is true: each of its programs runs as pasted, with the real packages, and prints what its comments say. Needs a build, as `npm test` makes one.

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const tests = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(tests, '../docs/recipes.md'), 'utf8');
const programs = [...page.matchAll(/^## (.*?)\n.*?^```(?:js|ts)\n(.*?)^```/gms)].map(([, title, code]) => ({ title, code }));

// Under test/, where the hosts are installed; git ignores `.cache`.
mkdirSync(join(tests, '.cache'), { recursive: true });
const directory = mkdtempSync(join(tests, '.cache', 'recipes-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SCHEMA = `
generator client {
  provider   = "prisma-client-js"
  output     = "./client"
  engineType = "client"
}
datasource db {
  provider = "sqlite"
  url      = "file:./users.db"
}
model User {
  id   Int      @id @default(autoincrement())
  name String
  born DateTime
}
`;

describe('recipes', { timeout: 60_000 }, () => {
  // What a user's `prisma generate` does. It needs no engine, and would fetch one all the same.
  beforeAll(async () => {
    writeFileSync(join(directory, 'schema.prisma'), SCHEMA);
    const prisma = createRequire(join(tests, 'package.json')).resolve('prisma/build/index.js');
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_QUERY_ENGINE_LIBRARY: process.execPath, CHECKPOINT_DISABLE: '1' };
    await promisify(execFile)(process.execPath, [prisma, 'generate', '--no-hints'], { cwd: directory, env });
  }, 60_000);

  test('there is one for each host that the page names', () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(programs.map(({ title }) => title)).toEqual(headings);
    expect(headings).toHaveLength(8);
  });

  test.each(programs)('$title', async ({ title, code }) => {
    const cwd = join(directory, title.replaceAll(/\W+/g, '-'));
    mkdirSync(cwd);
    if (code.includes("'./client/index.js'")) cpSync(join(directory, 'client'), join(cwd, 'client'), { recursive: true });
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, experimentalDecorators: true, emitDecoratorMetadata: true };
    writeFileSync(join(cwd, 'recipe.mjs'), ts.transpileModule(code, { compilerOptions: options }).outputText);
    const { stdout } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', 'recipe.mjs'], { cwd });
    const expected = [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, printed]) => printed);
    expect(expected.length).toBeGreaterThan(0);
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
    expect(readdirSync(cwd).some((name) => name.endsWith('.mapstone'))).toBe(true);
  });
});
