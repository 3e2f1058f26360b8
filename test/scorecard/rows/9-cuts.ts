// Row 9: the 64 KiB file cut off at every length, and with garbage behind it; and copies that are half of one moment and half of another.

import { StoreError } from '../../../packages/engine/src/errors.js';
import { ImageMapping } from '../../support/image-mapping.js';
import { random } from '../../support/simulated-mapping.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';
import { differenceOf, FILE_BYTES, type Images, makeImages, makeUniformImages, openImage, type State } from '../small-store.js';

const DAMAGE = new Set(['ERR_STORE_CORRUPT', 'ERR_STORE_VERSION', 'ERR_STORE_NOT_A_STORE']);

/** What is done at each length. `others` are states that may be found besides the error. */
interface Way {
  readonly name: string;
  parts(length: number): Uint8Array[];
  readonly place: string;
  readonly states: State[];
  /** Whatever the length is, it must open. */
  readonly always?: boolean;
}

class Cuts {
  private readonly mapping = new ImageMapping(4 * FILE_BYTES);
  private readonly ways: Way[];
  readonly outcomes = { opened: 0, refused: 0 };

  constructor(seed: number) {
    const { closed, early, late, between }: Images = makeImages(seed);
    const other = makeImages(seed + 1).closed;
    const uniform = makeUniformImages(seed);
    const next = random(seed);
    const garbage = Buffer.from(Uint8Array.from({ length: FILE_BYTES }, () => Math.floor(next() * 256)));
    const head = (bytes: Buffer, length: number) => bytes.subarray(0, length);
    this.ways = [
      { name: 'a closed store cut off', parts: (length) => [head(closed.bytes, length)], place: closed.place, states: [closed.state] },
      { name: 'what a power cut left, cut off', parts: (length) => [head(late.bytes, length)], place: late.place, states: [late.state] },
      {
        name: 'garbage behind a closed store',
        parts: (length) => [closed.bytes, head(garbage, length)],
        place: closed.place,
        states: [closed.state],
        always: true,
      },
      {
        name: 'garbage behind what a power cut left',
        parts: (length) => [late.bytes, head(garbage, length)],
        place: late.place,
        states: [late.state],
        always: true,
      },
      {
        name: 'a copy taken while the store was open, its rest later than its start',
        parts: (length) => [head(early.bytes, length), late.bytes.subarray(length)],
        place: 'a copy',
        states: between,
      },
      {
        name: 'a copy begun while the store was open, ended when it was closed',
        parts: (length) => [head(early.bytes, length), closed.bytes.subarray(length)],
        place: 'a copy',
        states: [...between, closed.state],
      },
      {
        name: 'a copy that stopped on its way over another store',
        parts: (length) => [head(closed.bytes, length), other.bytes.subarray(length)],
        place: other.place,
        states: [closed.state, other.state],
      },
      {
        name: 'a copy of a store whose records are all of one length, its rest later than its start',
        parts: (length) => [head(uniform.early.bytes, length), uniform.late.bytes.subarray(length)],
        place: 'a copy',
        states: uniform.between,
      },
    ];
  }

  try(length: number): string | undefined {
    for (const way of this.ways) {
      const wrong = this.open(way, length);
      if (wrong !== undefined) return `${way.name}, at ${length}: ${wrong}`;
    }
    return undefined;
  }

  private open(way: Way, length: number): string | undefined {
    const { mapping } = this;
    mapping.identity = 'another boot';
    mapping.place = way.place;
    mapping.load(...way.parts(length));
    let store: ReturnType<typeof openImage> | undefined;
    try {
      store = openImage(mapping, true);
      this.outcomes.opened++;
      const differences = way.states.map((state) => differenceOf(store!, state));
      if (!differences.includes(undefined)) return `it is of no flush: ${differences.join('; ')}`;
      const findings = store.check();
      return findings.length === 0 ? undefined : `check() finds ${findings[0].invariant}: ${findings[0].message}`;
    } catch (error) {
      if (!(error instanceof StoreError) || !DAMAGE.has(error.code) || way.always) return `${error instanceof Error ? error.stack : error}`;
      this.outcomes.refused++;
      return undefined;
    } finally {
      store?.close();
    }
  }
}

function failure(seed: number, length: number, what: string): Failure {
  return { seed, what, replay: replayCommand('9', `--replay ${seed}:${length}`) };
}

export const cuts: Row = {
  id: '9',
  title: 'the file cut at every length, garbage behind it, copies of two moments',
  unit: 'lengths',
  ci: 4096,
  full: FILE_BYTES + 1,
  mustBe: 'it opens as at a flush, or is refused as damaged',

  async run({ seed, size, earlier, untilFirst, done, stopped }: RowContext): Promise<RowResult> {
    const tried = new Cuts(seed);
    const failures: Failure[] = [];
    let failed = 0;
    let cases = earlier?.cases ?? 0;
    // Evenly over the file, from a place that the seed says.
    const stride = Math.max(1, Math.floor((FILE_BYTES + 1) / size));
    for (; cases < size && !stopped() && !(untilFirst && failed > 0); done(++cases)) {
      const length = (seed + cases * stride) % (FILE_BYTES + 1);
      const wrong = tried.try(length);
      if (wrong !== undefined && ++failed <= 20) failures.push(failure(seed, length, wrong));
    }
    return { cases, next: cases, failures, failed, figures: { ...tried.outcomes } };
  },

  async replay(what) {
    const [seed, length] = what.split(':').map(Number);
    const wrong = new Cuts(seed).try(length);
    return { cases: 1, failures: wrong === undefined ? [] : [failure(seed, length, wrong)], figures: {} };
  },
};
