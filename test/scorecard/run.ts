// Runs rows one after the other, each in a thread, with a bar and the time left; saves each result at once.

import { Worker } from 'node:worker_threads';
import progress from 'cli-progress';
import pc from 'picocolors';
import { circumstances, type SavedResult, saveResult } from './results.js';
import type { Earlier, Row, RowResult } from './row.js';

const REDRAW_MS = 200;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function spell(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  return whole < 3600 ? `${Math.floor(whole / 60)}m ${whole % 60}s` : `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

export interface Run {
  seed: number;
  size: number;
  replay?: string;
  /** A run that was stopped: this one goes on from there. */
  earlier?: SavedResult;
}

/** Asks whether the user wants to stop: after the first Ctrl-C. */
let interrupted = false;
export const wasInterrupted = (): boolean => interrupted;

export async function runRow(row: Row, { seed, size, replay, earlier }: Run): Promise<SavedResult> {
  const before = circumstances();
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const shared = new SharedArrayBuffer(16);
  const flags = new Int32Array(shared, 0, 2);
  const counters = new Float64Array(shared, 8);
  const start = earlier?.cases ?? 0;
  counters[0] = start;
  const bar = new progress.SingleBar({
    format: `${pc.bold(`row ${row.id}`)} ${pc.cyan('{bar}')} {value}/{total} ${row.unit}  left {left}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
    barsize: 24,
  });
  bar.start(size, start, { left: '?' });
  const drawing = setInterval(() => {
    const done = counters[0];
    bar.update(Math.min(done, size), { left: done > start ? spell((seconds() / (done - start)) * (size - done)) : '?' });
  }, REDRAW_MS);
  const stop = () => {
    // The second time the user means it.
    if (interrupted) process.exit(130);
    interrupted = true;
    Atomics.store(flags, 0, 1);
    process.stderr.write('\nStopping: what was tried so far is saved. Press Ctrl-C again to leave at once.\n');
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const went = earlier?.next === undefined ? undefined : { cases: start, next: earlier.next };
    const result = await inThread({ id: row.id, seed, size, replay, earlier: went, shared });
    const complete = !interrupted || result.cases >= size;
    const took = (earlier?.seconds ?? 0) + seconds();
    const saved = { id: row.id, size, seed, complete, ...result, seconds: took, ended: new Date().toISOString(), ...before };
    if (replay === undefined) saveResult(row, saved);
    return saved;
  } finally {
    clearInterval(drawing);
    bar.stop();
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  }
}

/** A row that throws, or takes its thread with it, is a row that failed. */
function inThread(data: { id: string; seed: number; size: number; replay?: string; earlier?: Earlier; shared: SharedArrayBuffer }): Promise<RowResult> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: data });
    const crashed = (what: string) => {
      const replay = `npm run scorecard -- ${data.id} --seed ${data.seed} --size ${data.size}`;
      const cases = new Float64Array(data.shared, 8)[0];
      resolve({ cases, failures: [{ seed: data.seed, what, replay }], failed: 1, figures: {} });
    };
    worker.on('message', (message: 'loaded' | RowResult) => message !== 'loaded' && resolve(message));
    worker.once('error', (error) => crashed(`the row itself threw: ${error.stack ?? error.message}`));
    worker.once('exit', (code) => crashed(`the row ended without a result, with exit code ${code}`));
  });
}
