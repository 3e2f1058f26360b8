// The CommonJS twin of a built package: beside each dist/x.js an x.cjs, beside each x.d.ts an x.d.cts.
// A package opts in by naming them in its `exports` (packages/orm is an example):
//   "./x": { "import": { "types": "./dist/x.d.ts", "default": "./dist/x.js" }, "require": { "types": "./dist/x.d.cts", "default": "./dist/x.cjs" } }
// Such a package keeps no state of its own and uses neither `import.meta` nor a top-level `await`. The engine stays ESM only: Node 20.19 can `require` it,
// so both twins use one registry of open stores.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repo } from './toolchain.mjs';

const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const hasTwin = (folder) => JSON.stringify(manifest(folder).exports ?? {}).includes('.cjs"');

export async function writeCommonJs(folder) {
  if (!hasTwin(folder)) return;
  const dist = join(folder, 'dist');
  const stale = readdirSync(dist, { recursive: true })
    .map((name) => [join(dist, name), join(dist, name.replace(/\.(js|ts)$/, '.c$1'))])
    .filter(([from, to]) => /(?<!\.d)\.js$|\.d\.ts$/.test(from) && !(existsSync(to) && statSync(to).mtimeMs >= statSync(from).mtimeMs));
  if (stale.length === 0) return;
  // Loaded here, since nothing is installed before the first build.
  const { default: ts } = await import('typescript');
  for (const [from, to] of stale) {
    const text = readFileSync(from, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    writeFileSync(to, from.endsWith('.d.ts') ? declarations(text) : program(ts, text));
  }
}

function program(ts, text) {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true };
  return ts.transpileModule(text, { compilerOptions }).outputText.replaceAll(/require\("(\.[^"]+)\.js"\)/g, 'require("$1.cjs")');
}

/** Of this workspace, as the engine is. */
function isEsmOnly(name) {
  const folder = join(repo, 'packages', name.replace('@mapstone/', '').split('/')[0]);
  return name.startsWith('@mapstone/') && !hasTwin(folder);
}

// A CommonJS declaration must say so where it takes types from a package that is ESM only.
function declarations(text) {
  return text
    .replaceAll(/(from |import\()(['"])(\.[^'"]+)\.js\2/g, '$1$2$3.cjs$2')
    .replaceAll(/^(import|export)( type)? ([^;]*?) from (['"])([^'".][^'"]*)\4;$/gm, (whole, keyword, _type, names, quote, from) =>
      isEsmOnly(from) ? `${keyword} type ${names.replaceAll(/\btype /g, '')} from ${quote}${from}${quote} with { 'resolution-mode': 'import' };` : whole,
    );
}
