// Another process that does what the test asks of it: a program that ends with `serve({ name: (...args) => result })` of other-process.mjs.

import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach } from 'vitest';

export interface OtherProcess {
  pid: number;
  call(name: string, ...args: unknown[]): Promise<any>;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
afterEach(async () => {
  await Promise.all([...running].map(kill));
});

export async function otherProcess(program: string, ...args: string[]): Promise<OtherProcess> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  const answers = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let last = 0;
  child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const waiting = answers.get(id);
    answers.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(`in the other process: ${error}`));
  });
  const ended = (why: string) => {
    for (const { reject } of answers.values()) reject(new Error(`the other process ended: ${why}`));
    answers.clear();
  };
  child.on('exit', (code, signal) => ended(String(signal ?? code)));
  const ready = new Promise<void>((resolve, reject) => answers.set(0, { resolve: () => resolve(), reject }));
  await ready;
  return {
    pid: child.pid!,
    call(name, ...given) {
      const id = ++last;
      return new Promise((resolve, reject) => {
        answers.set(id, { resolve, reject });
        child.send({ id, name, args: given });
      });
    },
    kill: () => kill(child),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const dead = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await dead;
}
