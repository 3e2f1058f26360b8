// The published declarations beside the ORMs' own, as ES modules and as CommonJS, also for users whose TypeScript thinks in Node 16's terms. Needs a build.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it.each([
  ['mts', 'NodeNext'],
  ['cts', 'NodeNext'],
  ['mts', 'Node16'],
  ['cts', 'Node16'],
] as const)('a program.%s compiles with %s', { timeout: 240_000 }, (extension, module) => {
  const program = ts.createProgram([`${root}test/types/program.${extension}`], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind[module],
    moduleResolution: ts.ModuleResolutionKind[module],
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    types: ['node'],
    typeRoots: [fileURLToPath(new URL('../../../node_modules/@types', import.meta.url))],
    strict: true,
    noEmit: true,
  });
  // Our own files alone: the ORMs' are theirs to mend, and take a minute.
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(root) && !fileName.includes('node_modules'));
  expect(own.map(({ fileName }) => fileName)).toContain(`${root}dist/drizzle.d.${extension}`.replace('.mts', '.ts'));
  const found = own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
  expect(ts.formatDiagnostics(found, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' })).toBe('');
});
