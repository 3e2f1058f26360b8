// Starts one measurement at a time, each in a fresh process with a fresh folder, and cleans up behind it.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child/main.mjs', import.meta.url));
const PATIENCE_MS = 15 * 60_000;
const TAIL = 2000;

const living = new Set();
const folders = new Set();

/** A folder that is gone when the bench is, however it ends. */
export function makeFolder(parent) {
  mkdirSync(parent, { recursive: true });
  const dir = mkdtempSync(join(parent, 'mapstone-bench-'));
  folders.add(dir);
  return dir;
}

export function removeFolder(dir) {
  rmSync(dir, { recursive: true, force: true });
  folders.delete(dir);
}

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

/**
 * Runs a job in `job.dir`. `job.lastsMs` is what it takes by its nature, beside its work. With `killWhenBusy` the child is SIGKILLed as soon as it says it is busy; `whenReady` gets what lets one go on that says it is ready.
 * @returns {Promise<object>} what the child measured; rejects with its error, `code` kept
 */
export function runIn(job, { killWhenBusy = false, whenReady } = {}) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(job)], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: PATIENCE_MS + (job.lastsMs ?? 0),
      killSignal: 'SIGKILL',
    });
    living.add(child);
    let answer;
    let murdered = false;
    let tail = '';
    child.stderr.on('data', (chunk) => {
      tail = (tail + chunk).slice(-TAIL);
    });
    child.on('message', (message) => {
      if (message.busy && killWhenBusy) {
        murdered = true;
        child.kill('SIGKILL');
      } else if (message.ready) {
        whenReady(() => child.send('go'));
      } else answer = message;
    });
    child.on('close', (code, signal) => {
      living.delete(child);
      if (murdered) resolve({});
      else if (answer?.result) resolve(answer.result);
      else {
        const message = answer?.error.message ?? (tail.trim() || `the process ended with ${signal ?? code}`);
        reject(Object.assign(new Error(message), { code: answer?.error.code }));
      }
    });
  });
}

/** Runs jobs at the same time, each in a process of its own: all begin when the last one is ready. */
export function runTogether(jobs) {
  const waiting = [];
  const whenReady = (go) => {
    waiting.push(go);
    if (waiting.length === jobs.length) for (const each of waiting) each();
  };
  return Promise.all(jobs.map((job) => runIn(job, { whenReady })));
}

/** Runs jobs in turns, each in a process and a folder of its own: one goes on when all that are left say that they are ready. */
export function runInTurns(jobs, parent) {
  const waiting = new Map();
  let left = jobs.length;
  const next = () => {
    if (left === 0 || waiting.size < left) return;
    // Who was put in first was the first to end its last turn.
    const [[number, go]] = waiting;
    waiting.delete(number);
    go();
  };
  const runOne = async (job, number) => {
    const whenReady = (go) => {
      waiting.set(number, go);
      next();
    };
    try {
      return await run(job, parent, { whenReady });
    } finally {
      left--;
      next();
    }
  };
  return Promise.all(jobs.map(runOne));
}

/** Runs a job in a folder of its own. */
export async function run(job, parent, options) {
  const dir = makeFolder(parent);
  try {
    return await runIn({ ...job, dir }, options);
  } finally {
    removeFolder(dir);
  }
}
