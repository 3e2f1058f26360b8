// Loads without a lease, where none can be written or waited for: a value is made for whoever asks meanwhile in this process, and not kept.

import { randomUUID } from 'node:crypto';
import type { Envelope } from './envelope.js';
import { isMisuse } from './errors.js';
import { Flight } from './flights.js';
import type { Life, LoadRules } from './options.js';
import type { Report } from './report.js';

export type Load = () => unknown;

/** A call for a value that is to be made if need be. */
export interface Call {
  key: string;
  name: string;
  load: Load;
  life: Life;
  rules: LoadRules;
  /** Whether its own load is under way, and whether its caller has gone. */
  makes: boolean;
  gone: boolean;
  /** What to fall back on when the time is over. */
  old: Envelope | undefined;
}

export class UnleasedLoads {
  readonly #report: Report;
  readonly #lease: number;
  readonly #isUsable: (old: Envelope | undefined) => old is Envelope;
  readonly #isClosed: () => boolean;
  readonly #running = new Map<string, Flight>();

  /** `isUsable`: whether an old value may still be served. */
  constructor(report: Report, lease: number, isUsable: (old: Envelope | undefined) => old is Envelope, isClosed: () => boolean) {
    this.#report = report;
    this.#lease = lease;
    this.#isUsable = isUsable;
    this.#isClosed = isClosed;
  }

  /** The value, made because of `cause`; one that is stale is good enough, as a refresh would have nowhere to go. What the caller did wrong it throws. */
  get(call: Call, cause: unknown): unknown {
    const { key, old } = call;
    if (isMisuse(cause)) throw cause;
    this.#report.failed(cause, key);
    if (this.#isUsable(old) && Date.now() < old.fresh + old.staleFor) {
      this.#report.stale(key);
      return old.value;
    }
    this.#report.miss(key);
    return this.make(call);
  }

  /** The value, made here, or by who makes it so already: one who is slow is waited for as long as a lease lasts. */
  async make(call: Call): Promise<unknown> {
    const { name } = call;
    for (let running = this.#running.get(name); running !== undefined; running = this.#running.get(name)) {
      const landed = await running.join(this.#isClosed);
      if (landed === undefined) continue;
      this.#report.coalesced();
      return landed.outcome;
    }
    call.makes = true;
    const making = this.#make(call);
    this.#running.set(name, new Flight(randomUUID(), making, this.#lease, () => this.#running.delete(name)));
    return making;
  }

  async #make({ key, load, old }: Call): Promise<unknown> {
    this.#report.loaded();
    try {
      return await load();
    } catch (error) {
      if (!this.#isUsable(old)) throw error;
      this.#report.failed(error, key);
      return old.value;
    }
  }
}
