// Processes of the job's own: `run` waits for what a child reports, `runAndKill` lets it write until it has said enough. For children: `tick`, `report`.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TICKS = 2_000;
let ticks = 0;

/** In a child: one more operation is done. */
export function tick() {
  if (++ticks % TICKS === 0) process.send?.({ ticks: TICKS });
}

/** In a child: its result, and its end. */
export function report(result) {
  process.send?.({ result, ticks: ticks % TICKS }, () => process.disconnect());
}

function start(script, args, stdout) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(file, args.map(String), { execArgv: ['--expose-gc'], stdio: ['ignore', stdout, 'inherit', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Runs a child to its end, and returns what it reported. `onTicks` is told of operations done. */
export function run(script, args, onTicks = () => {}) {
  return new Promise((resolve, reject) => {
    let result;
    const child = start(script, args, 'inherit');
    child.on('message', (message) => {
      if (message.ticks) onTicks(message.ticks);
      result = message.result ?? result;
    });
    child.once('exit', (code, signal) => {
      if (code === 0 && result !== undefined) resolve(result);
      else reject(new Error(`${script} ended with ${signal ?? `exit code ${code}`} and without a result`));
    });
  });
}

/** Runs a child until it has written `enough` bytes, kills it, and returns how many it had written by then. */
export function runAndKill(script, args, enough, onTicks) {
  return new Promise((resolve, reject) => {
    let acknowledged = 0;
    const child = start(script, args, 'pipe');
    child.stdout.on('data', (chunk) => {
      acknowledged += chunk.length;
      onTicks(chunk.length);
      if (acknowledged >= enough) child.kill('SIGKILL');
    });
    // `close` and not `exit`: all that it had written has been read.
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve({ acknowledged, signal });
      else reject(new Error(`${script} ended by itself, with ${signal ?? `exit code ${code}`}`));
    });
  });
}
