// The READMEs are true: every program in them runs as pasted into an empty project and prints what its comments say; their tables name what the source has; their links lead somewhere.
// Needs a build, as `npm test` makes one. packages/keyv tests its own.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { examples } from './run.js';

const repo = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(repo, path), 'utf8');
const READMES = ['README.md', 'packages/engine/README.md'];
const PAGES = [
  ...READMES,
  'packages/engine/FORMAT.md',
  'docs/architecture.md',
  'docs/recipes.md',
  'docs/write-an-adapter.md',
  'packages/conformance/README.md',
  'packages/next/README.md',
  'examples/next/README.md',
];

// Under examples/, where both packages and keyv are installed; git ignores `.cache`.
mkdirSync(join(examples, '.cache'), { recursive: true });
const programs = mkdtempSync(join(examples, '.cache', 'readme-'));
const data = mkdtempSync(join(tmpdir(), 'mapstone-readme-'));
afterAll(() => {
  for (const made of [programs, data]) rmSync(made, { recursive: true, force: true });
});

const snippets = READMES.flatMap((page) =>
  [...read(page).matchAll(/^```js\n(.*?)^```/gms)].map(([, code], i) => ({
    title: `${page}, program ${i + 1}`,
    name: `${page.replaceAll(/\W+/g, '-')}-${i}`,
    code,
  })),
);

/** Writes a program down, with a directory of its own to run in. */
function project(name: string, code: string): { file: string; cwd: string } {
  const file = join(programs, `${name}.mjs`);
  const cwd = join(data, name);
  mkdirSync(cwd);
  writeFileSync(file, code);
  return { file, cwd };
}

describe('programs', { timeout: 30_000 }, () => {
  test('there are some', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(5);
  });

  test.each(snippets)('$title runs, twice, and prints what it says', async ({ name, code }) => {
    const { file, cwd } = project(name, code);
    const expected = [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, printed]) => printed);
    // Twice: a newcomer does that, and the file is there the second time.
    for (let i = 0; i < 2; i++) {
      const { stdout } = await promisify(execFile)(process.execPath, ['--unhandled-rejections=strict', file], { cwd });
      expect(stdout.split('\n').slice(0, -1)).toEqual(expected);
    }
  });

  const handlers = snippets.filter(({ code }) => code.includes("process.once('SIGTERM'"));
  test('each README of a store has the lines for SIGTERM', () => {
    expect(handlers).toHaveLength(READMES.length);
  });

  test.each(handlers)('$title: the lines for SIGTERM close cleanly', async ({ name, code }) => {
    const open = "import { openStore } from '@mapstone/engine';\nconst store = openStore('./store');\n";
    const { file, cwd } = project(`sigterm-${name}`, `${open}${code}\nstore.set('a', 1); setInterval(() => {}, 1000); console.log('ready');`);
    const child = spawn(process.execPath, [file], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    writeFileSync(file, `${open}console.log(store.stats().recovery, store.get('a'));`);
    expect((await promisify(execFile)(process.execPath, [file], { cwd })).stdout).toBe('clean 1\n');
  });
});

describe('tables', () => {
  const rows = (page: string, pattern: RegExp) => [...read(page).matchAll(pattern)].map(([, name]) => name).sort();

  test.each(READMES)('%s names every error code, and no other', (page) => {
    const codes = [...read('packages/engine/src/errors.ts').matchAll(/\| '(ERR_\w+)'/g)].map(([, code]) => code).sort();
    expect(rows(page, /^\| `(ERR_\w+)`/gm)).toEqual(codes);
  });

  test.each(READMES)('%s names every option, and no other', (page) => {
    const known = /const KNOWN = new Set\(\[(.*?)\]\)/s.exec(read('packages/engine/src/store/options.ts'))?.[1] ?? '';
    const options = [...known.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort();
    const section = read(page)
      .split(/^## Options$/m)[1]
      .split(/^## /m)[0];
    expect([...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name).sort()).toEqual(options);
  });

  test('every command of package.json is explained', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts).map((name) =>
      name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`,
    );
    expect(rows('README.md', /^\| `(npm [\w: -]+)`/gm)).toEqual(scripts.sort());
  });

  test('the engine explains every public method, and no other', () => {
    const source = read('packages/engine/src/store/store.ts').split('export class Store')[1];
    const methods = [...source.matchAll(/^ {2}(?:async |\*|get )*(\w+)(?:<.*?>)?\(/gm)].map(([, name]) => name).filter((name) => name !== 'constructor');
    const documented = rows('packages/engine/README.md', /^\| `store\.(\w+)/gm);
    expect([...new Set(documented)]).toEqual([...new Set(methods)].sort());
  });
});

describe('links', () => {
  test.each(PAGES)('%s leads to files and headings that are there', (page) => {
    const text = read(page).replaceAll(/^```.*?^```/gms, '');
    const broken = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(([, path, heading]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(repo, target))) return true;
      const anchors = () => [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchor(title));
      return heading !== undefined && !anchors().includes(heading);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

/** As the code hosts make them. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}
