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
  const at = (share: number) =>
    takeOvers.length === 0 ? 'none' : `${(takeOvers[Math.min(takeOvers.length - 1, Math.floor(takeOvers.length * share))] / 1000).toFixed(1)} ms`;
  return {
    cases: before + kills,
    next: before + kills,
    failures: wrong.map((what) => ({ seed, what, replay: replayCommand('15', `--seed ${seed} --size ${size}`) })),
    figures: {
      'ms from kill to kill': Math.round((performance.now() - start) / Math.max(1, kills)),
      'locks taken from the dead': repairs,
      'writes that waited for one, without other programs’ time': takeOvers.length,
      median: at(0.5),
      p99: at(0.99),
      writes,
      reads,
    },
  };
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
