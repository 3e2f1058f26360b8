// Row 15: processes on one store are killed all the time, wherever they are; the others take over, repair, and go on.

import { runCrowd } from '../../processes/crowd.js';
import { quantile } from '../../support/quantile.js';
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
  const afterDeath = takeOvers.map((one) => one.afterDeath / 1000);
  const whole = takeOvers.map((one) => one.whole / 1000);
  return {
    cases: before + kills,
    next: before + kills,
    failures: wrong.map((what) => ({ seed, what, replay: replayCommand('15', `--seed ${seed} --size ${size}`) })),
    figures: {
      'ms from kill to kill': Math.round((performance.now() - start) / Math.max(1, kills)),
      'locks taken from the dead': repairs,
      'by writes, of which the last are timed, without other programs’ time': takeOvers.length,
      'taking it over p50, ms': quantile(afterDeath, 0.5),
      'taking it over p99, ms': quantile(afterDeath, 0.99),
      'the whole write, until the kernel has ended the holder included, p50, ms': quantile(whole, 0.5),
      'the whole write p99, ms': quantile(whole, 0.99),
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
