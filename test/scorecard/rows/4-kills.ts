// Row 4: real writer processes, killed with SIGKILL at random moments, also while they open or recover. What had returned is there, flushed or not.
// In some of them another writer is at the same file, and must go on. Files live through several kills: often the next writer is who finds what the last one left, and is killed in its turn.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../packages/engine/src/index.js';
import { othersTime } from '../../support/others-time.mjs';
import { quantile } from '../../support/quantile.js';
import { random } from '../../support/simulated-mapping.js';
import { repo, whyNoMmapIo } from '../../workspace/toolchain.mjs';
import { equal, Killed, type Left, type Model, modelsAfter } from '../kill/killed.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

/** Kills before a new file is begun. */
const LIVES = 12;
/** Files that are worked on side by side. */
const LANES = 2;
/** The share of kills in which another writer is alive. */
const PAIRS = 0.25;
/** Longer than any writer stands still, however busy the machine is. */
const STUCK_MS = 30_000;
const KEPT = join(repo, '.cache/scorecard');

/** One or two writers that are gone, and what was wrong with how they went. */
interface Life {
  left: Left[];
  wrong: string | undefined;
}

class Kills {
  readonly failures: Failure[] = [];
  readonly recoveries: Record<string, number> = {};
  /** Milliseconds that each opening that met a death took, as the clock has it, and without what others had the processor for meanwhile. */
  readonly openings: number[] = [];
  readonly ownOpenings: number[] = [];
  /** Milliseconds from a death to the next operation of the other writer that was heard of. */
  readonly waits: number[] = [];
  failed = 0;
  cases: number;
  private begun: number;
  private readonly context: RowContext;
  /** How long a writer takes to its first operation, ms. */
  private startup = 100;
  private readonly mappings = whyNoMmapIo() === undefined ? ['koffi', 'mmap-io'] : ['koffi'];

  constructor(context: RowContext) {
    this.context = context;
    this.cases = this.begun = context.earlier?.cases ?? 0;
  }

  private get isOver(): boolean {
    return this.begun >= this.context.size || this.context.stopped();
  }

  /** Lane `lane` of several that run side by side, each with a randomness of its own. */
  async lane(lane: number, directory: string): Promise<void> {
    const next = random(this.context.seed * LANES + lane + this.begun * 7919);
    const path = join(directory, 'store');
    // What the file may hold: of the operation that was under way at a kill nobody knows whether it happened, until somebody looks.
    let models: Model[] = [new Map()];
    let stories: string[] = [];
    for (let life = 0; !this.isOver; life++) {
      this.begun++;
      if (life % LIVES === 0) {
        rmSync(path, { force: true });
        models = [new Map()];
        stories = [];
      }
      const { left, wrong: ended } = next() < PAIRS ? await this.killOneOfTwo(path, next) : await this.kill(path, next);
      stories.push(left.map(({ seed, prefix, said }) => `seed ${seed}${prefix && ` with keys '${prefix}...'`}: ${said} operations had returned`).join('; '));
      for (const one of left) models = models.flatMap((model) => modelsAfter(model, one));
      let wrong = ended;
      if (wrong === undefined && (models.length > 8 || next() < 0.5 || this.isOver)) {
        wrong = this.look(path, models, directory);
        models = models.slice(0, 1);
      }
      this.context.done(++this.cases);
      if (wrong === undefined) continue;
      this.fail(wrong, stories);
      life = -1;
    }
    const wrong = models.length > 1 ? this.look(path, models, directory) : undefined;
    if (wrong !== undefined) this.fail(wrong, stories);
  }

  private fail(wrong: string, stories: string[]): void {
    const { seed } = this.context;
    const what = `after writers killed one after the other: ${wrong}`;
    if (++this.failed <= 20) this.failures.push({ seed, what, operations: [...stories], replay: replayCommand('4', `--seed ${seed}`) });
  }

  /** One writer, killed after some operations, or some time after its start. */
  private async kill(path: string, next: () => number): Promise<Life> {
    const seed = Math.floor(next() * 2 ** 31);
    const early = next() < 0.2;
    const count = Math.floor(next() ** 2 * 4000);
    const delay = next();
    const started = performance.now();
    const writer = new Killed(path, this.mapping(next), seed);
    if (early) await new Promise((resolve) => setTimeout(resolve, delay * 1.2 * this.startup));
    else {
      await writer.hasSaid(1);
      this.startup += (performance.now() - started - this.startup) / 8;
      await writer.hasSaid(count);
    }
    const wrong = await writer.kill();
    return { left: [{ seed, prefix: '', said: writer.said }], wrong };
  }

  /** Two writers on one file, of which one is killed: the other repairs what it left, takes its lock, and goes on, until it is killed too. */
  private async killOneOfTwo(path: string, next: () => number): Promise<Life> {
    const writers = ['a ', 'b '].map((prefix) => {
      const seed = Math.floor(next() * 2 ** 31);
      return { seed, prefix, writer: new Killed(path, this.mapping(next), seed, prefix) };
    });
    const [first, second] = writers.map(({ writer }) => writer);
    await Promise.all([first.hasSaid(1), second.hasSaid(1)]);
    await first.hasSaid(Math.floor(next() ** 2 * 2000));
    let wrong = await first.kill();
    const [before, died] = [second.said, performance.now()];
    if (!(await second.hasSaidWithin(before + 1, STUCK_MS))) wrong ??= `the other writer does nothing more, ${STUCK_MS} ms after the death`;
    this.waits.push(performance.now() - died);
    await second.hasSaidWithin(before + Math.floor(next() * 500), STUCK_MS);
    wrong = (await second.kill()) ?? wrong;
    return { left: writers.map(({ seed, prefix, writer }) => ({ seed, prefix, said: writer.said })), wrong };
  }

  private mapping(next: () => number): string {
    return this.mappings[Math.floor(next() * this.mappings.length)];
  }

  /** Opens what was left, as the next process would. The model that it holds comes first from then on. */
  private look(path: string, models: Model[], directory: string): string | undefined {
    const left = join(directory, 'left');
    if (existsSync(path)) copyFileSync(path, left);
    try {
      const others = othersTime();
      const started = performance.now();
      const store = openStore(path, { segmentSize: 4096, flush: 'manual' });
      const took = performance.now() - started;
      try {
        const { recovery } = store.stats();
        this.recoveries[recovery] = (this.recoveries[recovery] ?? 0) + 1;
        if (recovery === 'process-death') {
          this.openings.push(took);
          this.ownOpenings.push(took - (othersTime() - others));
        }
        const findings = store.check();
        if (findings.length > 0) return this.keep(left, `check() finds ${findings[0].invariant}: ${findings[0].message}`);
        const found = new Map(store.entries() as Iterable<[string, string]>);
        const which = models.findIndex((model) => equal(model, found) && store.size === model.size);
        if (which < 0) return this.keep(left, `it holds ${found.size} entries, and is as after none of the numbers of operations that are possible`);
        [models[0], models[which]] = [models[which], models[0]];
      } finally {
        store.close();
      }
    } catch (error) {
      return this.keep(left, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return undefined;
  }

  /** The file as it was left goes where it can be looked at. */
  private keep(left: string, what: string): string {
    mkdirSync(KEPT, { recursive: true });
    const kept = join(KEPT, `4-left-${this.context.seed}-${this.cases}`);
    copyFileSync(left, kept);
    return `${what}; a copy of the file is at ${kept}`;
  }

  get figures(): Record<string, number | string> {
    const { openings, ownOpenings, waits } = this;
    return {
      ...this.recoveries,
      'recovery p50, ms': quantile(openings, 0.5),
      'recovery p99, ms': quantile(openings, 0.99),
      'recovery worst, ms': quantile(openings, 1),
      'recovery worst, without other programs’ time, ms': quantile(ownOpenings, 1),
      'with another writer alive': waits.length,
      'until it went on p99, ms': quantile(waits, 0.99),
    };
  }
}

export const kills: Row = {
  id: '4',
  title: 'SIGKILL of real writer processes at random moments',
  unit: 'kills',
  ci: 300,
  full: 10_000,
  mustBe: 'nothing that had returned is lost, flushed or not; no lock stays behind; how long an opening takes is a figure',

  async run(context: RowContext): Promise<RowResult> {
    const tried = new Kills(context);
    const directory = mkdtempSync(join(tmpdir(), 'mapstone-kills-'));
    try {
      const lanes = Array.from({ length: LANES }, (_, lane) => {
        const own = join(directory, String(lane));
        mkdirSync(own);
        return tried.lane(lane, own);
      });
      await Promise.all(lanes);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    const { cases, failures, failed, figures } = tried;
    return { cases, next: cases, failures, failed, figures };
  },
};
