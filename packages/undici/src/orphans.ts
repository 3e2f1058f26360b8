// Bodies that no list names: of a process that was killed after it had stored a body and before it listed it, or after it had taken it from its list and before it
// deleted it. Nobody reads them and no total counts them, so they are looked for: each response that comes takes a round through the bodies a few on.
import type { Store } from '@mapstone/engine';
import { BODY_PREFIX, originOf, type Response } from './responses.js';

const A_FEW = 3;
/** Milliseconds. A younger body may be about to be listed. Were one taken all the same, of a process that stood still so long, its response is a miss. */
const YOUNG = 60_000;

export class Orphans {
  readonly #store: Store;
  #round: Generator<string> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Goes on with the round, and deletes those it meets. */
  removeSome(): void {
    const now = Date.now();
    for (let bodies = 0; bodies < A_FEW; bodies++) {
      this.#round ??= this.#store.keys({ prefix: BODY_PREFIX });
      const { done, value: body } = this.#round.next();
      if (done) {
        this.#round = undefined;
        return;
      }
      const { madeAt, url } = originOf(body);
      // Either way, as a clock may have been set back.
      if (Math.abs(now - madeAt) <= YOUNG) continue;
      // By `getMany`, which leaves alone what this process keeps decoded.
      const [list] = this.#store.getMany([url]) as [Response[] | undefined];
      if (!list?.some((one) => one.body === body)) this.#store.delete(body);
    }
  }
}
