// What the outside world gives a cache: injected, so that tests decide it. The time of entries is the engine's, Date.now().

export interface World {
  /** From 0, below 1. */
  random(): number;
  /** Resolves after so many ms; keeps the process alive, since somebody waits. */
  sleep(ms: number): Promise<void>;
}

export const systemWorld: World = {
  random: Math.random,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
