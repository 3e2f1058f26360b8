// Row 12: a store that is full of work for a while: everything that leaks shows in what the system says of the process. Time is real here.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeAll, openStore } from '../../../packages/engine/src/index.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { random } from '../../support/simulated-mapping.js';
import { type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const MAX_SIZE = 16 * 2 ** 20;
const KEYS = 12_000;
/** Operations between two turns of the event loop, and of those turns between two openings. */
const BURST = 500;
const SESSION_TURNS = 120;
/** What the last third of the run may have over the middle one: a garbage collector is not punctual. */
const RSS_SLACK = 48 * 2 ** 20;

interface Sample {
  rss: number;
  descriptors: number;
  mappings: number;
  file: number;
}

/** A value can be made again from its key and number. */
function textOf(key: string, number: number): string {
  return `${key} ${number} `.padEnd(20 + ((number * 7919) % 1400), 'soak');
}

class Soak {
  readonly wrong: string[] = [];
  readonly samples: Sample[] = [];
  private readonly next: () => number;
  private readonly path: string;
  private readonly numbers = new Map<string, number>();
  private store: Store;
  private count = 0;
  private appended = 0;
  openings = 0;

  constructor(seed: number, directory: string) {
    this.next = random(seed);
    this.path = join(directory, 'store');
    this.store = this.open();
  }

  private open(): Store {
    this.openings++;
    return openStore(this.path, { maxSize: MAX_SIZE, segmentSize: 65536, flush: { every: 200 } });
  }

  /** Bytes of log that were written, in capacities. */
  get turnovers(): number {
    return (this.appended + this.store.stats().appendedBytes) / MAX_SIZE;
  }

  get operations(): number {
    return this.count;
  }

  burst(): void {
    for (let i = 0; i < BURST; i++) this.operate();
  }

  private operate(): void {
    const { store, numbers } = this;
    const key = `key ${Math.floor(this.next() * KEYS)}`;
    const kind = this.next();
    this.count++;
    if (kind < 0.55) {
      const number = this.count;
      // One in ten goes by itself. Nobody knows when the clock is looked at, so only those without an expiry are compared.
      const ttl = this.next() < 0.1 ? { ttl: 1 + this.next() * 400 } : undefined;
      store.set(key, textOf(key, number), ttl);
      if (ttl === undefined) numbers.set(key, number);
      else numbers.delete(key);
    } else if (kind < 0.65) {
      store.delete(key);
      numbers.delete(key);
    } else if (kind < 0.999) {
      const number = numbers.get(key);
      if (number !== undefined && store.get(key) !== textOf(key, number))
        this.wrong.push(`operation ${this.count}: '${key}' has another value than the one stored`);
    } else store.set('a large value', `${this.count}`.repeat(20_000));
  }

  /** Closes and opens; checks every invariant, now and then. */
  reopen(): void {
    this.appended += this.store.stats().appendedBytes;
    this.store.close();
    this.store = this.open();
    if (this.openings % 8 === 0) {
      const [finding] = this.store.check();
      if (finding !== undefined) this.wrong.push(`check() finds ${finding.invariant}: ${finding.message}`);
    }
  }

  sample(): void {
    const { fileSize } = this.store.stats();
    if (fileSize > MAX_SIZE) this.wrong.push(`the file has ${fileSize} bytes, over its maxSize`);
    const maps = onLinux(() => readFileSync('/proc/self/maps', 'latin1').split(this.path).length - 1);
    const descriptors = onLinux(() => readdirSync('/proc/self/fd').length);
    this.samples.push({ rss: process.memoryUsage.rss(), descriptors, mappings: maps, file: fileSize });
  }

  /** Whether the last third of the samples is above the middle one. */
  judge(): void {
    const third = Math.floor(this.samples.length / 3);
    const [middle, last] = [this.samples.slice(third, 2 * third), this.samples.slice(2 * third)];
    if (middle.length < 3) return;
    const median = (samples: Sample[], of: keyof Sample) => samples.map((one) => one[of]).toSorted((a, b) => a - b)[samples.length >> 1];
    const grown = median(last, 'rss') - median(middle, 'rss');
    if (grown > RSS_SLACK) this.wrong.push(`resident memory grew by ${grown} bytes from the middle third to the last`);
    for (const of of ['descriptors', 'mappings'] as const) {
      const [before, after] = [median(middle, of), median(last, of)];
      // Mappings of a store that was closed end with the garbage collector, where mmap-io made them.
      if (after > before + (of === 'mappings' ? 4 : 1)) this.wrong.push(`there were ${before} ${of} in the middle third, and ${after} in the last`);
    }
  }

  close(): void {
    this.store.close();
  }
}

function onLinux(read: () => number): number {
  return process.platform === 'linux' ? read() : 0;
}

export const soak: Row = {
  id: '12',
  title: 'soak: the capacity turned over again and again',
  unit: 'seconds',
  ci: 30,
  full: 600,
  mustBe: 'memory, descriptors and mappings stay flat, the file within its maxSize, every value right',

  async run({ seed, size, done, stopped }: RowContext): Promise<RowResult> {
    const directory = mkdtempSync(join(tmpdir(), 'mapstone-soak-'));
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const soaked = new Soak(seed, directory);
    try {
      let sampled = 0;
      for (let turns = 1; seconds() < size && !stopped() && soaked.wrong.length === 0; turns++) {
        soaked.burst();
        await new Promise((resolve) => setImmediate(resolve));
        if (turns % SESSION_TURNS === 0) soaked.reopen();
        if (seconds() - sampled < size / 300) continue;
        sampled = seconds();
        soaked.sample();
        done(Math.floor(sampled));
      }
      soaked.judge();
      const { turnovers, operations, openings, samples, wrong } = soaked;
      soaked.close();
      const most = (of: keyof Sample) => Math.max(0, ...samples.map((one) => one[of]));
      const failures = wrong.slice(0, 20).map((what) => ({ seed, what, replay: replayCommand('12', `--seed ${seed} --size ${size}`) }));
      const cases = Math.min(size, Math.floor(seconds()));
      const figures = {
        'times the capacity': Number(turnovers.toFixed(1)),
        operations,
        openings,
        'most MiB resident': Math.round(most('rss') / 2 ** 20),
        'most descriptors': most('descriptors'),
        'most mappings of the file': most('mappings'),
      };
      return { cases, failures, failed: wrong.length, figures };
    } finally {
      closeAll();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
