// How much is held, and what goes when it is too much.
// Totals are a record of the file, written with each change, so that a restart and other processes know them. They are a little off at times: what expires
// leaves without a word, and two processes may change them at once. So each response that comes takes a round through the file a few URLs on, and at the end of a
// round the totals are set to what it counted. Where one must go, it is the oldest of the next few URLs. There is never a pass over everything at once.
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

/** URLs visited for each response that comes, so that totals are right before they are found exceeded; and when one must go. */
const A_FEW = 3;
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
    this.#visit(A_FEW);
    while (this.#exceeded()) {
      const oldest = this.#visit(SAMPLE);
      // Still too much may only have been a count of what has expired: the round that ended has set it right.
      if (!this.#exceeded()) return;
      if (oldest === undefined) continue;
      if (oldest.round === this.#round) change(this.#counted, -1, -oldest.response.size);
      remove(oldest.url, oldest.response);
    }
  }

  #exceeded(): boolean {
    const { count, size } = this.#totals();
    return count > this.#limits.maxCount || size > this.#limits.maxSize;
  }

  #totals(): Totals {
    // A copy: what the store keeps decoded is every reader's.
    return { count: 0, size: 0, ...this.#store.get<Totals>(TOTALS_KEY) };
  }

  /** Goes on with the round; the oldest response it meets. */
  #visit(count: number): Victim | undefined {
    let oldest: Victim | undefined;
    const now = Date.now();
    // Over the end of a round, or the newest might be all that is left of it; of few URLs, all.
    for (let urls = 0, ends = 0; urls < count && ends < 2; ) {
      const round = (this.#round ??= this.#store.records({ prefix: URL_PREFIX }));
      const { done, value: record } = round.next();
      if (done) {
        this.#store.set(TOTALS_KEY, this.#counted);
        this.#counted = { count: 0, size: 0 };
        this.#round = undefined;
        ends++;
        continue;
      }
      urls++;
      for (const response of record.value as Response[]) {
        if (response.value.deleteAt <= now) continue;
        change(this.#counted, 1, response.size);
        if (oldest === undefined || response.storedAt < oldest.response.storedAt) oldest = { url: record.key, response, round };
      }
    }
    return oldest;
  }
}

interface Victim {
  url: string;
  response: Response;
  round: Generator<StoreRecord>;
}

function change(totals: Totals, count: number, size: number): void {
  totals.count = Math.max(0, totals.count + count);
  totals.size = Math.max(0, totals.size + size);
}
