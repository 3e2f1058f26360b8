// Row 8: every byte of a 64 KiB file, damaged: of one that was closed, opened again where it lay, in another boot and in the same; of a copy; and of what a power cut left.
// Out of every 61st, salvage takes what is whole.

import { readFileSync } from 'node:fs';
import { StoreError } from '../../../packages/engine/src/errors.js';
import { MemoryMapping } from '../../../packages/engine/src/mapping/memory-mapping.js';
import { salvageFrom } from '../../../packages/engine/src/salvage/salvage.js';
import type { Engine } from '../../../packages/engine/src/store/engine.js';
import { openStoreIn } from '../../../packages/engine/src/store/registry.js';
import type { Store } from '../../../packages/engine/src/store/store.js';
import { ImageMapping } from '../../support/image-mapping.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';
import { differenceOf, FILE_BYTES, type Image, type Images, makeImages, NOW, openImage, type State, same } from '../small-store.js';

/** Damages of one byte: each of its bits flipped, all cleared, all set. */
const CHANGES = 10;
const HUGE_BYTES = 128 * 2 ** 20;
const HANG_MS = 5000;
/** Every so many bytes one is salvaged from, too; a number that meets every kind of bytes. */
const SALVAGED = 61;
/** In the state a damaged file may be of: an error that says so. */
const DAMAGE = new Set(['ERR_STORE_CORRUPT', 'ERR_STORE_VERSION', 'ERR_STORE_NOT_A_STORE']);
/** What only a writer can mend. */
const NEEDS_RECOVERY = 'ERR_STORE_NEEDS_RECOVERY';

type Outcome = 'right' | 'refused' | 'an error on reading' | 'a byte of a value' | 'a damaged index' | 'salvaged';

interface Case {
  at: number;
  change: number;
}

/** Case `i` of a run: every byte comes once before one comes twice, and then with another change. */
function caseOf(seed: number, i: number): Case {
  const at = i % FILE_BYTES;
  return { at, change: (at + seed + Math.floor(i / FILE_BYTES)) % CHANGES };
}

function damagedByte(byte: number, change: number): number {
  const changed = change < 8 ? byte ^ (1 << change) : change === 8 ? 0x00 : 0xff;
  return changed === byte ? byte ^ 0xa5 : changed; // what has that value already is damaged in another way
}

export class Damage {
  private readonly images: Images;
  private readonly mapping = new ImageMapping(FILE_BYTES);
  readonly outcomes: Record<Outcome, number> = { right: 0, refused: 0, 'an error on reading': 0, 'a byte of a value': 0, 'a damaged index': 0, salvaged: 0 };
  slowest = 0;
  private peak = virtualPeak();

  constructor(seed: number) {
    this.images = makeImages(seed);
  }

  /** Tries one damage; what is wrong with what came of it, if anything. */
  try({ at, change }: Case): string | undefined {
    const turn = (at + change) % 4;
    const image = turn === 3 ? this.images.late : this.images.closed;
    this.mapping.identity = turn === 1 ? image.identity : 'another boot';
    this.mapping.place = turn === 2 ? 'a copy' : image.place;
    const value = damagedByte(image.bytes[at], change);
    const started = performance.now();
    const wrong = this.read(image, at, value, true) ?? this.read(image, at, value, false) ?? (at % SALVAGED === 0 ? this.salvage(image, at, value) : undefined);
    const took = performance.now() - started;
    this.slowest = Math.max(this.slowest, took);
    const name = ['a closed store', 'a closed store', 'a copy of a closed store', 'what a power cut left'][turn];
    const where = `byte ${at} of ${name} as 0x${value.toString(16)}`;
    if (wrong !== undefined) return `${where}: ${wrong}`;
    if (this.mapping.largestRequest > FILE_BYTES) return `${where}: ${this.mapping.largestRequest} bytes of the file were asked for`;
    if (took > HANG_MS) return `${where} took ${took.toFixed(0)} ms`;
    const taken = virtualPeak() - this.peak;
    this.peak += taken;
    return taken > HUGE_BYTES ? `${where}: ${taken} bytes of memory were taken` : undefined;
  }

  /** One damaged byte costs one entry at most: lost, as it was before, or back after its deletion; and then it is named. */
  private salvage(image: Image, at: number, value: number): string | undefined {
    const { mapping } = this;
    mapping.load(image.bytes);
    mapping.bytes[at] = value;
    const to = openStoreIn(
      '/salvaged',
      { flush: 'manual', segmentSize: 4096 },
      { now: () => NOW, random: (count) => new Uint8Array(count) },
      new MemoryMapping(),
    );
    try {
      const { lossCount } = salvageFrom(mapping.open('/image', { readOnly: true }), (to as unknown as { engine: Engine }).engine);
      const different = new Set<string>();
      for (const [key, one] of image.state) if (!same(to.get(key), one.value)) different.add(key);
      for (const key of to.keys()) if (!image.state.has(key)) different.add(key);
      this.outcomes.salvaged++;
      if (different.size > 1 || (different.size === 1 && lossCount === 0)) return `salvage names ${lossCount} losses, and these differ: ${[...different]}`;
      return to.check().length === 0 ? undefined : 'check() finds something in what was salvaged';
    } catch (error) {
      return `salvage: ${error instanceof Error ? error.stack : error}`;
    } finally {
      to.close();
    }
  }

  private open(image: Image, at: number, value: number, verifyReads: boolean): Store {
    const { mapping } = this;
    mapping.load(image.bytes);
    mapping.bytes[at] = value;
    // With verifyReads by turns as a reader and as a writer.
    return openImage(mapping, verifyReads, isReader(at, verifyReads));
  }

  private read(image: Image, at: number, value: number, verifyReads: boolean): string | undefined {
    const { mapping } = this;
    let store: Store | undefined;
    let reading = false;
    try {
      store = this.open(image, at, value, verifyReads);
      reading = true;
      const wrong = differenceOf(store, image.state);
      if (wrong === undefined) {
        this.outcomes.right++;
        return undefined;
      }
      const isByte = !verifyReads && isByteOfValue(store, image.state);
      // In the boot that closed it the index is taken as it lies, but for verifyReads.
      const isUnread = !verifyReads && !isByte && mapping.identity === image.identity;
      if (!isByte && !isUnread) return wrong;
      this.outcomes[isByte ? 'a byte of a value' : 'a damaged index']++;
      return store.check().length > 0 ? undefined : `${wrong}, and check() finds nothing`;
    } catch (error) {
      const mayRefuse = error instanceof StoreError && (DAMAGE.has(error.code) || (error.code === NEEDS_RECOVERY && isReader(at, verifyReads)));
      if (!mayRefuse) return `${error instanceof Error ? error.stack : error}`;
      this.outcomes[reading ? 'an error on reading' : 'refused']++;
      // A store that gives errors on some keys knows why.
      return reading && store?.check().length === 0 ? `${error.message}, and check() finds nothing` : undefined;
    } finally {
      store?.close();
    }
  }
}

function isReader(at: number, verifyReads: boolean): boolean {
  return verifyReads && at % 3 === 0;
}

/** Whether one value differs and all else is right; the length of a string or buffer stays. */
function isByteOfValue(store: Store, state: State): boolean {
  let different = 0;
  for (const [key, { value, expiresAt }] of state) {
    const found = store.getEntry(key);
    if (found === undefined || found.expiresAt !== expiresAt || typeof found.value !== typeof value) return false;
    if (same(found.value, value)) continue;
    different++;
    if (lengthOf(found.value) !== lengthOf(value)) return false;
  }
  for (const key of store.keys()) if (!state.has(key)) return false;
  return different === 1;
}

function lengthOf(value: unknown): unknown {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.length : undefined;
}

/** The most address space that this process ever had, in bytes; 0 where the system does not say. An allocation counts though nobody touched it. */
function virtualPeak(): number {
  try {
    return 1024 * Number(/VmPeak:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);
  } catch {
    return 0;
  }
}

function failure(seed: number, one: Case, what: string): Failure {
  return { seed, what, replay: replayCommand('8', `--replay ${seed}:${one.at}:${one.change}`) };
}

export const damage: Row = {
  id: '8',
  title: 'every byte of a 64 KiB file damaged',
  unit: 'damages',
  ci: FILE_BYTES,
  full: CHANGES * FILE_BYTES,
  mustBe:
    'with verifyReads the right value or an error; without, at most a byte of a value differs, or the index of a file that this boot closed is damaged, and check() finds it',

  async run({ seed, size, earlier, untilFirst, done, stopped }: RowContext): Promise<RowResult> {
    const tried = new Damage(seed);
    const failures: Failure[] = [];
    let failed = 0;
    let cases = earlier?.cases ?? 0;
    for (; cases < size && !stopped() && !(untilFirst && failed > 0); done(++cases)) {
      const one = caseOf(seed, cases);
      const wrong = tried.try(one);
      if (wrong !== undefined && ++failed <= 20) failures.push(failure(seed, one, wrong));
    }
    return { cases, next: cases, failures, failed, figures: { ...tried.outcomes, 'slowest, ms': Math.round(tried.slowest) } };
  },

  async replay(what) {
    const [seed, at, change] = what.split(':').map(Number);
    const wrong = new Damage(seed).try({ at, change });
    return { cases: 1, failures: wrong === undefined ? [] : [failure(seed, { at, change }, wrong)], figures: {} };
  },
};
