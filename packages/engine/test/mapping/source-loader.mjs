// `node --import <this>`: runs the TypeScript sources in a child process or worker, where vitest is not there to do it. No build, so never a stale one.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

// The compiler takes most of a second to load, so what it made is kept, by the hash of its source.
const cache = fileURLToPath(new URL('../../../../node_modules/.mapstone-sources/', import.meta.url));

// The hooks live in a thread of their own, which loads this file again.
if (!import.meta.url.endsWith('?hooks')) register(`${import.meta.url}?hooks`);

export function resolve(specifier, context, next) {
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const kept = `${cache}${createHash('sha256').update(text).digest('hex')}.mjs`;
  if (!existsSync(kept)) await keep(kept, text);
  return { format: 'module', source: readFileSync(kept, 'utf8'), shortCircuit: true };
}

async function keep(path, text) {
  const { default: typescript } = await import('typescript');
  const { module, target } = { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2023 };
  mkdirSync(cache, { recursive: true });
  const temporary = `${path}.${randomUUID()}`; // several children may be at it
  writeFileSync(temporary, typescript.transpileModule(text, { compilerOptions: { module, target } }).outputText);
  renameSync(temporary, path);
}
