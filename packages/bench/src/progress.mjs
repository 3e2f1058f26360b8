// One bar on stderr with the time left. Steps differ a hundredfold in length, so the estimate goes by what each
// contestant took so far, and by its weight until it has run once.
import progress from 'cli-progress';
import pc from 'picocolors';

function spell(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}

/** @param {{ key: string, label: string, weight: number }[]} steps all that will run, in order */
export function startProgress(title, steps) {
  const seen = new Map();
  const bar = new progress.SingleBar(
    {
      format: `${pc.bold(title)} ${pc.cyan('{bar}')} {value}/{total}  left {left}  {what}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: 15_000,
      barsize: 24,
    },
    progress.Presets.rect,
  );
  bar.start(steps.length, 0, { left: '?', what: '' });

  function left(from) {
    let time = 0;
    let weight = 0;
    for (const { total, runs, weight: each } of seen.values()) {
      time += total / runs;
      weight += each;
    }
    const unit = weight > 0 ? time / weight : 0;
    return steps.slice(from).reduce((sum, step) => {
      const known = seen.get(step.key);
      return sum + (known ? known.total / known.runs : unit * step.weight);
    }, 0);
  }

  return {
    /** Runs step `i`, timed. */
    async step(i, work) {
      const { key, label, weight } = steps[i];
      bar.update(i, { left: seen.size ? spell(left(i)) : '?', what: label });
      const start = performance.now();
      try {
        return await work();
      } finally {
        const entry = seen.get(key) ?? { total: 0, runs: 0, weight };
        entry.total += (performance.now() - start) / 1000;
        entry.runs++;
        seen.set(key, entry);
      }
    },
    stop() {
      bar.update(steps.length, { left: '0s', what: 'done' });
      bar.stop();
    },
  };
}
