// The published declarations under both majors' types, strictly and with libraries checked as well. Needs a build, as `npm test` makes one.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));

it.each([
  { major: 5, paths: {} },
  { major: 6, paths: { keyv: [join(here, '../node_modules/keyv6/dist/index.d.mts')] } },
] as { major: number; paths: Record<string, string[]> }[])('a program for keyv $major compiles', { timeout: 120_000 }, ({ major, paths }) => {
  const program = ts.createProgram([join(here, `types/keyv${major}.mts`)], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    typeRoots: [join(here, '../../../node_modules/@types')],
    strict: true,
    noEmit: true,
    paths,
  });
  const found = ts.getPreEmitDiagnostics(program);
  expect(ts.formatDiagnostics(found, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => here, getNewLine: () => '\n' })).toBe('');
});
