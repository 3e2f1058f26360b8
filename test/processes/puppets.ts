// Processes that a test holds by strings: it opens stores in them, and stops, kills and continues them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { StoreOptions } from '../../packages/engine/src/index.js';

const PUPPET = fileURLToPath(new URL('./puppet.mjs', import.meta.url));

export interface Puppet {
  readonly process: ChildProcess;
  /** Runs the body of a function of `my` (`store`, `path`, `openStore`) there, and returns what it returns; an error keeps its code. */
  run<T = unknown>(code: string): Promise<T>;
  /** Opens the store of the test there. */
  open(options?: StoreOptions): Promise<void>;
  /** Runs code that ends in a signal to itself, and returns when the kernel has done it. */
  runUntil(state: 'stopped' | 'dead', code: string): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface PuppetOptions {
  uid?: number;
  /** What runs Node: `unshare` and its flags. */
  through?: readonly string[];
}

let directory = '';
const puppets = new Set<Puppet>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mapstone-processes-'));
});

afterEach(async () => {
  await Promise.all([...puppets].map((puppet) => puppet.kill('SIGKILL')));
  puppets.clear();
  rmSync(directory, { recursive: true, force: true });
});

export const place = {
  get directory() {
    return directory;
  },
  get path() {
    return join(directory, 'store');
  },
};

const stateOf = (pid: number): string => {
  try {
    return /\) (\w)/.exec(readProc(pid))?.[1] ?? '';
  } catch {
    return 'gone';
  }
};

/** Whether another user can run Node and read what a puppet does: a checkout in a home directory is often its owner's alone. Throws if not even this one can. */
export function canStartPuppet(uid: number): boolean {
  const engine = new URL('../../packages/engine/dist/index.js', import.meta.url).href;
  const script = `await import(${JSON.stringify(engine)}); (await import('node:fs')).readFileSync(${JSON.stringify(PUPPET)});`;
  const works = (options: { uid?: number }) => spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...options, stdio: 'ignore' }).status === 0;
  if (!works({})) throw new Error(`${PUPPET} or the engine can't be read: run npm run build`);
  return works({ uid });
}

/** Starts a process that waits for what it is told. */
export async function startPuppet({ uid, through = [] }: PuppetOptions = {}): Promise<Puppet> {
  const [command, ...args] = [...through, process.execPath, PUPPET, place.path];
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], ...(uid !== undefined && { uid }) });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, { resolve(value: any): void; reject(error: Error): void }>();
  let ids = 0;
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it was ready`)));
    child.on('message', ({ id, value, error, ready: isReady }: any) => {
      if (isReady) return resolve();
      const caller = waiting.get(id);
      waiting.delete(id);
      if (error) caller?.reject(Object.assign(new Error(error.message), { code: error.code }));
      else caller?.resolve(value);
    });
  });
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ended with ${code ?? signal}`));
  });
  await ready;
  const puppet: Puppet = {
    process: child,
    run(code) {
      const id = ++ids;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, code });
      });
    },
    async open(options = {}) {
      await puppet.run(`my.store = my.openStore(my.path, ${JSON.stringify(options)});`);
    },
    async runUntil(state, code) {
      const done = puppet.run(code);
      // It may also come to its end alive.
      if (state === 'dead')
        return done.then(
          () => undefined,
          () => ended,
        );
      done.catch(() => undefined);
      while (stateOf(child.pid as number) !== 'T') await new Promise((resolve) => setImmediate(resolve));
    },
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      if (signal === 'SIGKILL') await ended;
    },
  };
  puppets.add(puppet);
  return puppet;
}

function readProc(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'latin1');
}

/** A body for `run`: the next look at the clock, which `delete` takes while it holds the lock, ends in this signal to itself. */
export const signalInsideTheLock = (signal: NodeJS.Signals): string => `
  const { now } = Date;
  Date.now = () => { Date.now = now; process.kill(process.pid, '${signal}'); return now(); };
  return my.store.delete('expiring');`;

/** A body for `run`: this signal to itself before the `nth` atomic store of `operation`; none if there are fewer. */
export const signalAtStore = (signal: NodeJS.Signals, nth: number, operation: string): string => `
  const { store } = Atomics;
  let count = 0;
  Atomics.store = (...args) => {
    if (++count === ${nth}) process.kill(process.pid, '${signal}');
    return store(...args);
  };
  ${operation};
  Atomics.store = store;`;
