// The leases of others: whether their holders are alive, as the kernel says, and waiting for their end.

import type { Store } from '@mapstone/engine';
import { isEnvelope, type Lease, unwrap } from './envelope.js';
import type { Tags } from './tags.js';
import type { World } from './world.js';

/** Milliseconds: the first wait for another process, and the longest. */
const SHORTEST_WAIT = 1;
const LONGEST_WAIT = 20;
/** Milliseconds for which an answer about a holder's life is believed: a thousand waiters ask once. */
const ALIVE = 10;

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
  isHeld([holder, , until, tags]: Lease, now: number): boolean {
    // What was begun before a tag was invalidated is no answer for who asks after that.
    if (now >= until || !this.#tags.areCurrent(tags)) return false;
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
