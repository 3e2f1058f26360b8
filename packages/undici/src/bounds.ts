// How much is held, and what goes when it is too much.
// Totals are a record of the file, written with each change, so that a restart and other processes know them. They are a little off at times: what expires
// leaves without a word, and two processes may change them at once. So whoever makes room looks at a sample of the URLs, one after the other through the whole
// file; the oldest response of the sample goes, and at the end of a round the totals are set to what was counted. There is never a pass over everything at once.
import type { BatchOperations, Store, StoreRecord } from '@mapstone/engine';
import { type Response, TOTALS_KEY, URL_PREFIX } from './responses.js';

export interface Totals {
  count: number;
  /** Bytes. */
  size: number;
}

export interface Limits {
  maxCount: number;
  maxSize: number;
}

const SAMPLE = 32;

export class Bounds {
  readonly #store: Store;
  readonly #limits: Limits;
  #round: Generator<StoreRecord> | undefined;
  /** What this round has met, and all that came meanwhile: some of that it will meet again, so it counts too much rather than too little. */
  #counted: Totals = { count: 0, size: 0 };

  constructor(store: Store, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Notes, in the batch that makes the change, what comes and what goes. */
  note(batch: BatchOperations, added: readonly Response[], removed: readonly Response[]): void {
    const totals = this.#totals();
    for (const { size } of added) change(totals, 1, size);
    for (const { size } of removed) change(totals, -1, -size);
    batch.set(TOTALS_KEY, totals);
    if (this.#round !== undefined) for (const { size } of added) change(this.#counted, 1, size);
  }

  /** Removes responses, oldest of a sample first, until the limits hold. */
  makeRoom(remove: (url: string, response: Response) => void): void {
    while (this.#exceeded()) {
      const oldest = this.#sample();
      // Still too much may only have been a count of what has expired: the round that ended has set it right.
      if (!this.#exceeded()) return;
      if (oldest === undefined) continue;
      if (this.#round !== undefined) change(this.#counted, -1, -oldest.response.size);
      remove(oldest.url, oldest.response);
    }
  }

  #exceeded(): boolean {
    const { count, size } = this.#totals();
    return count > this.#limits.maxCount || size > this.#limits.maxSize;
  }

  #totals(): Totals {
    return this.#store.get<Totals>(TOTALS_KEY) ?? { count: 0, size: 0 };
  }

  #sample(): { url: string; response: Response } | undefined {
    let oldest: { url: string; response: Response } | undefined;
    const now = Date.now();
    for (let urls = 0; urls < SAMPLE; urls++) {
      this.#round ??= this.#store.records({ prefix: URL_PREFIX });
      const { done, value: record } = this.#round.next();
      if (done) {
        this.#store.set(TOTALS_KEY, this.#counted);
        this.#counted = { count: 0, size: 0 };
        this.#round = undefined;
        break;
      }
      for (const response of record.value as Response[]) {
        if (response.value.deleteAt <= now) continue;
        change(this.#counted, 1, response.size);
        if (oldest === undefined || response.storedAt < oldest.response.storedAt) oldest = { url: record.key, response };
      }
    }
    return oldest;
  }
}

function change(totals: Totals, count: number, size: number): void {
  totals.count = Math.max(0, totals.count + count);
  totals.size = Math.max(0, totals.size + size);
}
