// Row 14: many processes and threads on one store, each of them reading, writing, deleting, growing and cleaning, and judging everything it reads.

import { type CrowdOptions, runCrowd } from '../../processes/crowd.js';
import { whyNoMmapIo } from '../../workspace/toolchain.mjs';
import { type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const NAMES = ['koffi', ...(whyNoMmapIo() === undefined ? ['mmap-io'] : [])];

/** The crowds, each with its share of the reads. */
const CROWDS: Pick<CrowdOptions, 'members' | 'threads' | 'writes' | 'mappings'>[] = [
  { members: 2, writes: 2, mappings: NAMES },
  { members: 4, writes: 5, mappings: NAMES },
  { members: 8, writes: 10, mappings: NAMES },
  { members: 4, writes: 5, threads: true },
];

async function run({ seed, size, earlier, done, stopped }: RowContext): Promise<RowResult> {
  const failures: RowResult['failures'] = [];
  const totals = { writes: 0, batches: 0, walks: 0, 'reads repeated': 0, 'waits for the lock': 0, 'hits in object caches': 0 };
  let cases = earlier?.cases ?? 0;
  const next = earlier?.next ?? 0;
  for (const [i, crowd] of CROWDS.entries()) {
    const share = Math.ceil((size * (i + 1)) / CROWDS.length) - cases;
    if (share <= 0) continue;
    const result = await runCrowd({
      ...crowd,
      seed: seed + next * CROWDS.length + i,
      enough: ({ reads }) => {
        done(cases + Math.min(reads, share));
        return reads >= share || stopped();
      },
    });
    cases += result.reads;
    totals.writes += result.writes;
    totals.batches += result.batches;
    totals.walks += result.walks;
    totals['reads repeated'] += result.retries;
    totals['waits for the lock'] += result.lockWaits;
    totals['hits in object caches'] += result.cacheHits;
    const who = `${crowd.members} ${crowd.threads ? 'threads' : 'processes'}`;
    for (const what of result.wrong) failures.push({ seed, what: `${who}: ${what}`, replay: replayCommand('14', `--seed ${seed} --size ${size}`) });
    if (stopped()) break;
  }
  return { cases, next: next + 1, failures, figures: totals };
}

export const history: Row = {
  id: '14',
  title: '2, 4 and 8 processes and 4 threads on one store',
  unit: 'reads',
  ci: 1_000_000,
  full: 100_000_000,
  mustBe: '0 never written, old after new, half a batch, or missing',
  run,
};
