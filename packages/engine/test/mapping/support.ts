// What the mapping tests share: the kinds and why one is skipped, a fresh directory per test, and other processes that say when they are ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, type TestContext } from 'vitest';
import { hasCompiler } from '../../../../test/workspace/toolchain.mjs';
import type { StoreError } from '../../src/errors.js';
import { chooseMapping, type MappingChoice, unavailable } from '../../src/mapping/choose.js';
import type { MappedFile, Mapping } from '../../src/mapping/mapping.js';

export const fileKinds = ['koffi', 'mmap-io'] as const;
export const kinds = [...fileKinds, 'memory'] as const;
export const loader = new URL('./source-loader.mjs', import.meta.url).href;

/** Only an mmap-io that nothing could have built is skipped: anything else that doesn't load is a failure. */
export function skipUnlessBuilt(context: TestContext, kind: MappingChoice): void {
  if (kind === 'mmap-io' && !hasCompiler() && unavailable(kind)) context.skip('mmap-io: no compiler on the PATH');
}

export interface Place {
  readonly mapping: Mapping;
  readonly directory: string;
  readonly path: string;
  /** Opens `path`; closed after the test. */
  open(options?: { readOnly?: boolean; path?: string }): MappedFile;
  /** Creates `path` with `size` bytes of zeros and opens it. */
  fresh(size: number): MappedFile;
}

/** A mapping of `kind` and an empty directory for each test. */
export function placeOf(kind: MappingChoice): Place {
  let mapping: Mapping;
  let directory: string;
  let opened: MappedFile[] = [];
  beforeEach((context) => {
    skipUnlessBuilt(context, kind);
    mapping = chooseMapping(kind);
    directory = mkdtempSync(join(tmpdir(), 'mapstone-mapping-'));
  });
  afterEach(() => {
    for (const file of opened) file.close();
    opened = [];
    if (directory) rmSync(directory, { recursive: true, force: true });
  });
  const place: Place = {
    get mapping() {
      return mapping;
    },
    get directory() {
      return directory;
    },
    get path() {
      return join(directory, 'store');
    },
    open({ readOnly = false, path = place.path } = {}) {
      const file = mapping.open(path, { readOnly });
      opened.push(file);
      return file;
    },
    fresh(size) {
      mapping.create(place.path, new Uint8Array(0), size);
      return place.open();
    },
  };
  return place;
}

/** The StoreError that `call` throws or rejects with. */
export async function errorOf(call: () => unknown): Promise<StoreError> {
  try {
    await call();
  } catch (error) {
    return error as StoreError;
  }
  throw new Error('nothing was thrown');
}

/** How many mappings of `path` this process has (Linux). */
export function mappingsOf(path: string): number {
  return readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.endsWith(path)).length;
}

export interface Child {
  readonly process: ChildProcess;
  /** The next line it prints; rejects with its standard error if it ends first. */
  line(): Promise<string>;
  /** Its exit code or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** What runs a command of `child.ts`. */
export function childCommand(...args: string[]): [command: string, ...args: string[]] {
  return [process.execPath, '--import', loader, fileURLToPath(new URL('./child.ts', import.meta.url)), ...args];
}

/** Runs it in a process of its own, killed after the test at the latest. */
export function startChild(...args: string[]): Child {
  const [command, ...rest] = childCommand(...args);
  return startProcess(command, rest);
}

const running = new Set<ChildProcess>();

export function startProcess(command: string, args: string[]): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.on('close', (code, signal) => resolve(code ?? signal ?? -1)));
  ended.then(() => running.delete(child));
  return {
    process: child,
    ended,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the child ended (${await ended}): ${errors}`);
      return value;
    },
  };
}

export async function killChildren(): Promise<void> {
  for (const child of running) child.kill('SIGKILL');
  while (running.size > 0) await new Promise((resolve) => [...running][0].on('close', resolve));
}
