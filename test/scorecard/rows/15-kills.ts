// Row 15: processes on one store are killed all the time, wherever they are; the others take over, repair, and go on.

import { runCrowd } from '../../processes/crowd.js';
import { whyNoMmapIo } from '../../workspace/toolchain.mjs';
import { type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const KILL_EVERY_MS = 100;
const MEMBERS = 4;

async function run({ seed, size, earlier, done, stopped }: RowContext): Promise<RowResult> {
  const start = performance.now();
  const before = earlier?.cases ?? 0;
  const result = await runCrowd({
    members: MEMBERS,
    seed: seed + before,
    // Of a killed process's time much must be spent inside the lock.
    writes: 60,
    mappings: ['koffi', ...(whyNoMmapIo() === undefined ? ['mmap-io'] : [])],
    killEvery: KILL_EVERY_MS,
    enough: ({ kills }) => {
      done(before + kills);
      return before + kills >= size || stopped();
    },
  });
  const { kills, reads, writes, repairs, takeOvers, wrong } = result;
  return {
    cases: before + kills,
    next: before + kills,
    failures: wrong.map((what) => ({ seed, what, replay: replayCommand('15', `--seed ${seed} --size ${size}`) })),
    figures: {
      'ms from kill to kill': Math.round((performance.now() - start) / Math.max(1, kills)),
      'locks taken from the dead': repairs,
      'by writes, of which the last are timed, without other programs’ time': takeOvers.length,
      'taking it over, median and p99': quantiles(takeOvers.map(({ afterDeath }) => afterDeath)),
      'the whole write, until the kernel has ended the holder included': quantiles(takeOvers.map(({ whole }) => whole)),
      writes,
      reads,
    },
  };
}

function quantiles(microseconds: readonly number[]): string {
  if (microseconds.length === 0) return 'none';
  const sorted = microseconds.toSorted((a, b) => a - b);
  const at = (share: number) => `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1000).toFixed(1)} ms`;
  return `${at(0.5)}, ${at(0.99)}`;
}

export const deaths: Row = {
  id: '15',
  title: `a random one of ${MEMBERS} processes killed every ${KILL_EVERY_MS} ms`,
  unit: 'kills',
  ci: 40,
  full: 2000,
  mustBe: '0 lost, torn or hung',
  run,
};
