// One bar on stderr, with the time left; where stderr is no terminal, a line every few seconds.

import progress from 'cli-progress';
import pc from 'picocolors';

/** `parts`: how many operations each part of the job has. */
export function startProgress(title, parts) {
  const total = Object.values(parts).reduce((sum, operations) => sum + operations, 0);
  const started = performance.now();
  const bar = new progress.SingleBar({
    format: `${pc.bold(title)} ${pc.cyan('{bar}')} {percentage}%  {left} left  {what}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
    barCompleteChar: '■',
    barIncompleteChar: '·',
    barsize: 30,
  });
  bar.start(total, 0, { left: '?', what: 'starting' });
  let before = 0;

  function timeLeft(at) {
    const share = at / total;
    // The first operations pay for the start of a process, and would tell of minutes.
    return share < 0.05 ? '?' : `${Math.ceil(((performance.now() - started) / 1000) * (1 / share - 1))} s`;
  }

  return {
    /** Call when a part begins; returns what to call with operations done. */
    during(part, what) {
      const start = before;
      let done = 0;
      before += parts[part];
      return (operations) => {
        done = Math.min(done + operations, parts[part]);
        bar.update(start + done, { what, left: timeLeft(start + done) });
      };
    },
    stop() {
      bar.stop();
    },
  };
}
