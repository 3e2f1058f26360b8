// The wall clock during a test: stands still until the test moves it. Adapters and engine read `Date` when they are called, so that is what is replaced.

export interface Clock {
  /** Milliseconds. */
  pass(ms: number): void;
}

/** Runs `work` under a clock of its own, and puts the real one back. */
export async function withClock(work: (clock: Clock) => Promise<void>): Promise<void> {
  const RealDate = globalThis.Date;
  let now = RealDate.now();
  // A proxy: what it makes are real dates, and `instanceof Date` holds.
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now] : args),
    apply: () => new RealDate(now).toString(),
    get: (target, name) => (name === 'now' ? () => now : Reflect.get(target, name)),
  });
  try {
    await work({
      pass: (ms) => {
        now += ms;
      },
    });
  } finally {
    globalThis.Date = RealDate;
  }
}
