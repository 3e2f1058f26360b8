// Where mutants live: a copy of the engine, its source and what it was built to, and of the scorecard, in a temporary directory, with the installed packages linked.
// The project's own files are never edited.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';
import { repo } from '../../workspace/toolchain.mjs';
import type { RowResult } from '../row.js';
import { type Mutant, mutated } from './mutant.js';

const COPIED = ['packages/engine/src', 'packages/engine/dist', 'packages/engine/package.json', 'packages/engine/FORMAT.md', 'test', 'package.json'];
const LINKED = ['node_modules', 'packages/engine/node_modules'];
/** A row that gets no further has seen the mutant too. */
const STUCK_SECONDS = 120;

export class Laboratory {
  private readonly folder = mkdtempSync(join(tmpdir(), 'mapstone-mutants-'));

  constructor() {
    const isOwn = (path: string) => !path.endsWith('node_modules');
    for (const path of COPIED) cpSync(join(repo, path), join(this.folder, path), { recursive: true, filter: isOwn });
    for (const path of LINKED) {
      mkdirSync(join(this.folder, path, '..'), { recursive: true });
      symlinkSync(join(repo, path), join(this.folder, path));
    }
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** That every edit still fits the source: none may rot unseen, tried or not. */
  assertFit(edits: readonly Omit<Mutant, 'rows' | 'ci'>[]): void {
    for (const edit of edits) mutated(readFileSync(this.pathOf(edit), 'utf8'), edit);
  }

  private pathOf({ file }: Pick<Mutant, 'file'>): string {
    return join(this.folder, 'packages/engine/src', file);
  }

  /** Runs `work` with the source edited; what was built from it too, for the processes that a row starts run that. */
  async with<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    const path = this.pathOf(mutant);
    const built = join(this.folder, 'packages/engine/dist', mutant.file.replace(/\.ts$/, '.js'));
    const before = [path, built].map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    const edited = mutated(before[0].text, mutant);
    writeFileSync(path, edited);
    writeFileSync(built, ts.transpileModule(edited, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } }).outputText);
    try {
      return await work();
    } finally {
      for (const { file, text } of before) writeFileSync(file, text);
    }
  }

  /** What a row finds in the source as it is now; undefined if nothing, or if it was stopped. Throws if it can't even be loaded. */
  find(id: string, seed: number, size: number, stopped: () => boolean): Promise<string | undefined> {
    const shared = new SharedArrayBuffer(16);
    const flags = new Int32Array(shared, 0, 2);
    const url = pathToFileURL(join(this.folder, 'test/scorecard/worker.mjs'));
    const worker = new Worker(url, { workerData: { id, seed, size, untilFirst: true, shared }, stdout: true, stderr: true });
    return new Promise((resolve, reject) => {
      let isLoaded = false;
      let isOver = false;
      const end = (found: string | undefined) => {
        if (isOver) return;
        isOver = true;
        clearInterval(watching);
        clearInterval(stopping);
        void worker.terminate().then(() => resolve(found));
      };
      let before = -1;
      const watching = setInterval(() => {
        const [cases] = new Float64Array(shared, 8);
        if (cases === before) end(`it is stuck after ${cases} cases`);
        before = cases;
      }, STUCK_SECONDS * 1000);
      const stopping = setInterval(() => stopped() && Atomics.store(flags, 0, 1), 200);
      worker.on('message', (message: 'loaded' | RowResult) => {
        if (message === 'loaded') isLoaded = true;
        else if (message.skipped !== undefined) reject(new Error(`row ${id} can't run here: ${message.skipped}`));
        else end(message.failures[0]?.what ?? (message.failed ? `${message.failed} cases failed` : undefined));
      });
      worker.once('error', (error) => {
        if (isLoaded) end(`the row threw: ${error.message}`);
        else reject(new Error(`it can't be loaded: ${error.stack}`));
      });
      worker.once('exit', (code) => isLoaded && end(`the row ended with exit code ${code}`));
    });
  }
}
