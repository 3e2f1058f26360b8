// Leases in entries. Those of others: whether their holders are alive, as the kernel says, and waiting for their end. One's own: ending them.

import { KEEP, type Store, type TouchOptions } from '@mapstone/engine';
import { EMPTY, endOf, isEnvelope, type Lease, type Outcome, unwrap, wrap } from './envelope.js';
import type { Tags } from './tags.js';
import type { World } from './world.js';

/** Milliseconds: the first wait for another process, and the longest. */
const SHORTEST_WAIT = 1;
const LONGEST_WAIT = 20;
/** Milliseconds for which an answer about a holder's life is believed: a thousand waiters ask once. */
const ALIVE = 10;
/** Milliseconds that the outcome of a failed load stays, for those who waited for it. */
const OUTCOME = 5000;

export class Leases {
  readonly #store: Store;
  readonly #tags: Tags;
  readonly #world: World;
  /** Waits under way, by the token waited for. */
  readonly #waits = new Map<string, Promise<void>>();
  readonly #alive = new Map<string, { alive: boolean; until: number }>();

  constructor(store: Store, tags: Tags, world: World) {
    this.#store = store;
    this.#tags = tags;
    this.#world = world;
  }

  /** Whether its holder may still make the value that was wanted. */
  isHeld([holder, , until, tags, length]: Lease, now: number): boolean {
    // Further ahead than twice its length, it is from before the clock was set back by as much, and would be waited for until it is that time again.
    if (now >= until || now <= until - 2 * length) return false;
    // What was begun before a tag was invalidated is no answer for who asks after that.
    if (!this.#tags.areCurrent(tags)) return false;
    const known = this.#alive.get(holder);
    // Further ahead than it can be, it is from before the clock was set back.
    if (known !== undefined && now < known.until && known.until <= now + ALIVE) return known.alive;
    if (this.#alive.size > 1000) this.#alive.clear();
    const alive = this.#store.isOpenerAlive(holder);
    this.#alive.set(holder, { alive, until: now + ALIVE });
    return alive;
  }

  /** Resolves when the lease with this token is no longer in the entry, or is not held. */
  ended(name: string, token: string): Promise<void> {
    const waiting = this.#waits.get(token);
    if (waiting !== undefined) return waiting;
    const wait = this.#poll(name, token).finally(() => this.#waits.delete(token));
    this.#waits.set(token, wait);
    return wait;
  }

  /** Puts what was made in the lease's place, if it is still there. */
  fill(name: string, token: string, value: unknown, options: TouchOptions | undefined): void {
    // An entry keeps its expiry unless another is given, and the lease's is not the value's.
    this.#store.update<unknown>(name, (stored) => (holds(stored, token) ? value : KEEP), options ?? { expiresAt: Number.POSITIVE_INFINITY });
  }

  /** Ends a load without a new value. The old one, if it is still of use, stays, unless the load said that there is none. */
  settle(name: string, token: string, outcome: Outcome | undefined, isGone = false): void {
    let expiresAt = 0;
    this.#store.update<unknown>(
      name,
      (stored) => {
        if (!holds(stored, token)) return KEEP;
        const now = Date.now();
        const entry = unwrap(stored as unknown[]);
        const old = entry.filled && now < endOf(entry) && !isGone ? entry : EMPTY;
        if (outcome === undefined && old === EMPTY) return undefined;
        expiresAt = outcome === undefined ? endOf(old) : Math.max(endOf(old), outcome.until, now + OUTCOME);
        return wrap({ ...old, lease: undefined, outcome });
      },
      () => ({ expiresAt }),
    );
  }

  async #poll(name: string, token: string): Promise<void> {
    for (let ms = SHORTEST_WAIT; ; ms = Math.min(ms * 2, LONGEST_WAIT)) {
      await this.#world.sleep(ms);
      const stored = this.#store.get(name);
      if (!isEnvelope(stored)) return;
      const { lease } = unwrap(stored);
      if (lease?.[1] !== token || !this.isHeld(lease, Date.now())) return;
    }
  }
}

/** Whether what is stored holds the lease with this token. */
function holds(stored: unknown, token: string): boolean {
  return isEnvelope(stored) && unwrap(stored).lease?.[1] === token;
}
