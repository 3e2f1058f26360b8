// A writer that is killed, and what it may have left: the parent repeats its operations on a Map.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { operations, perform } from './operations.mjs';

const WRITER = fileURLToPath(new URL('./writer.mjs', import.meta.url));

export type Model = Map<string, string>;

/** What is known of a writer that is gone. */
export interface Left {
  seed: number;
  prefix: string;
  /** Operations that it said had returned. */
  said: number;
}

/** A child that writes until it is killed. `said` counts the operations that have returned as far as it could say so. */
export class Killed {
  readonly child: ChildProcess;
  said = 0;
  private errors = '';
  private readonly closed: Promise<void>;
  private watcher: (() => void) | undefined;

  constructor(path: string, mapping: string, seed: number, prefix = '') {
    this.child = spawn(process.execPath, [WRITER, path, mapping, String(seed), prefix], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.said += chunk.length;
      this.watcher?.();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk;
    });
    this.closed = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  /** Resolves when so many operations have returned, or the writer has ended. */
  async hasSaid(count: number): Promise<void> {
    await Promise.race([
      this.closed,
      new Promise<void>((resolve) => {
        this.watcher = () => this.said >= count && resolve();
        this.watcher();
      }),
    ]);
  }

  /** The same, but not for longer than `limit` ms; whether it has. */
  async hasSaidWithin(count: number, limit: number): Promise<boolean> {
    const timer = new Promise<void>((resolve) => setTimeout(resolve, limit).unref());
    await Promise.race([this.hasSaid(count), timer]);
    return this.said >= count;
  }

  /** Kills it, and waits until it is gone and all it had said was heard. Returns what it complained of, if it ended by itself. */
  async kill(): Promise<string | undefined> {
    this.child.kill('SIGKILL');
    await this.closed;
    return this.child.signalCode === 'SIGKILL' ? undefined : `the writer ended by itself (${this.child.signalCode ?? this.child.exitCode}): ${this.errors}`;
  }
}

/** What `model` can be after a writer of `seed` was killed: all that it said had returned, and the operation that was under way, or not. */
export function modelsAfter(model: Model, { seed, said, prefix }: Left): Model[] {
  const before = new Map(model);
  const target = asStore(before);
  let done = 0;
  for (const operation of operations(seed, prefix)) {
    if (done++ === said) {
      const after = new Map(before);
      perform(asStore(after), operation);
      return equal(before, after) ? [before] : [before, after];
    }
    perform(target, operation);
  }
  return [];
}

/**
 * How many of the operations of `seed` are in `found`: at least those up to the last explicit flush among the first `said`, at most `most`.
 * `undefined` if it is as after no such number of them.
 */
export function flushedPrefix(found: Model, seed: number, said: number, most: number): number | undefined {
  let flushed = 0;
  let done = 0;
  for (const { kind } of operations(seed)) {
    if (done++ === said) break;
    if (kind === 'flush') flushed = done;
  }
  const model: Model = new Map();
  const target = asStore(model);
  /** Keys whose value is not the found one. */
  let wrong = new Set(found.keys());
  done = 0;
  for (const operation of operations(seed)) {
    if (done >= flushed && wrong.size === 0) return done;
    if (done++ >= most) return undefined;
    perform(target, operation);
    if (operation.kind === 'clear') wrong = new Set(found.keys());
    const keys = operation.kind === 'delete' ? operation.keys : 'items' in operation ? operation.items.map(({ key }) => key) : [];
    for (const key of keys) {
      if (model.get(key) === found.get(key)) wrong.delete(key);
      else wrong.add(key);
    }
  }
  return undefined;
}

export function equal(a: Model, b: Model): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

/** A Map that can be written to as a store is. */
function asStore(model: Model): Pick<Store, 'setMany' | 'deleteMany'> {
  return {
    set: (key: string, value: string) => model.set(key, value),
    setMany: (items: { key: string; value: string }[]) => {
      for (const { key, value } of items) model.set(key, value);
    },
    deleteMany: (keys: string[]) => keys.map((key) => model.delete(key)),
    clear: () => model.clear(),
    flushSync: () => undefined,
    compact: () => undefined,
  } as unknown as Pick<Store, 'setMany' | 'deleteMany'>;
}
