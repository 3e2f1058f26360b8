// How much is held, and what goes when it is too much.
// Totals are a record of the file, so that a restart and other processes know them. Every change of a list is noted there, in steps that no other process can
// undo. They are off only by what expires, which leaves without a word, and by what was killed between its list and its note. So each response that comes takes
// a round through the file a few URLs on, and the end of a round sets the totals right. Where one must go, it is the oldest of the next few URLs. There is never
// a pass over everything at once.
import { KEEP, type Store, type StoreRecord } from '@mapstone/engine';
import { type Response, TOTALS_KEY, URL_PREFIX } from './responses.js';

/** `size` in bytes. */
interface Amount {
  count: number;
  size: number;
}

/** What is held, and all that ever came and went: from two readings of those follows how much came and went between them, whoever did it. */
export interface Totals extends Amount {
  come: Amount;
  gone: Amount;
}

export interface Limits {
  maxCount: number;
  maxSize: number;
}

interface Round {
  records: Generator<StoreRecord>;
  /** The totals when it began. */
  start: Totals;
  /** What it has met of all that was there then. */
  met: Amount;
}

/** URLs visited for each response that comes, so that totals are right before they are found exceeded; and when one must go. */
const A_FEW = 3;
const SAMPLE = 32;

export class Bounds {
  readonly #store: Store;
  readonly #limits: Limits;
  #round: Round | undefined;

  constructor(store: Store, limits: Limits) {
    this.#store = store;
    this.#limits = limits;
  }

  /** What a response that is about to be listed has for its `turn`. */
  get turn(): number {
    return this.#totals().come.count;
  }

  /** Notes what a list has gained and lost. */
  note(added: readonly Response[], removed: readonly Response[]): void {
    const come = sum(added);
    const gone = sum(removed);
    this.#store.update<Totals>(TOTALS_KEY, (found) => {
      const before = whole(found);
      const now = { come: plus(before.come, come), gone: plus(before.gone, gone) };
      return { ...atLeast(plus(plus(before, come), gone, -1), 0, 0), ...now };
    });
  }

  /** Removes responses, oldest of a sample first, until the limits hold. */
  makeRoom(remove: (url: string, response: Response) => void): void {
    this.#visit(A_FEW);
    while (this.#exceeded()) {
      const oldest = this.#visit(SAMPLE);
      // Still too much may only have been a count of what has expired: the round that ended has set it right.
      if (!this.#exceeded()) return;
      if (oldest !== undefined) remove(oldest.url, oldest.response);
    }
  }

  #exceeded(): boolean {
    const { count, size } = this.#totals();
    return count > this.#limits.maxCount || size > this.#limits.maxSize;
  }

  #totals(): Totals {
    return whole(this.#store.get<Totals>(TOTALS_KEY));
  }

  /** Goes on with the round; the oldest response it meets. */
  #visit(count: number): Victim | undefined {
    let oldest: Victim | undefined;
    const now = Date.now();
    // Over the end of a round, or the newest might be all that is left of it; of few URLs, all.
    for (let urls = 0, ends = 0; urls < count && ends < 2; ) {
      const round = (this.#round ??= { start: this.#totals(), records: this.#store.records({ prefix: URL_PREFIX }), met: { count: 0, size: 0 } });
      // If the next step throws, this round has not met everything: the next is another.
      this.#round = undefined;
      const { done, value: record } = round.records.next();
      if (done) {
        this.#settle(round);
        ends++;
        continue;
      }
      this.#round = round;
      urls++;
      for (const response of record.value as Response[]) {
        if (response.value.deleteAt <= now) continue;
        // What came since is known from the totals, whether the round met it or not.
        if (!(response.turn >= round.start.come.count)) round.met = plus(round.met, { count: 1, size: response.size });
        if (oldest === undefined || response.storedAt < oldest.response.storedAt) oldest = { url: record.key, response };
      }
    }
    return oldest;
  }

  /**
   * After a round there is what it has met and what came meanwhile, less some of what went meanwhile: that which it had met. Totals outside of this range are moved
   * to its nearer end. Where nothing went, it is one number, and the truth.
   */
  #settle({ start, met }: Round): void {
    this.#store.update<Totals>(TOTALS_KEY, (found) => {
      const before = whole(found);
      const most = plus(met, plus(before.come, start.come, -1));
      const least = plus(most, plus(before.gone, start.gone, -1), -1);
      const count = Math.max(0, least.count, Math.min(before.count, most.count));
      const size = Math.max(0, least.size, Math.min(before.size, most.size));
      return count === before.count && size === before.size ? KEEP : { ...before, count, size };
    });
  }
}

interface Victim {
  url: string;
  response: Response;
}

/** A copy with nothing missing: what the store keeps decoded is every reader's. */
function whole(found: Partial<Totals> | undefined): Totals {
  return { count: 0, size: 0, come: { count: 0, size: 0 }, gone: { count: 0, size: 0 }, ...found };
}

function plus(a: Amount, b: Amount, times = 1): Amount {
  return { count: a.count + times * b.count, size: a.size + times * b.size };
}

function atLeast(a: Amount, count: number, size: number): Amount {
  return { count: Math.max(count, a.count), size: Math.max(size, a.size) };
}

function sum(responses: readonly Response[]): Amount {
  return responses.reduce<Amount>((total, { size }) => plus(total, { count: 1, size }), { count: 0, size: 0 });
}
