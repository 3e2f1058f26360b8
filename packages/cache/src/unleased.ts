// Loads without a lease, where none can be written or waited for: a value is made for whoever asks meanwhile in this process, and not kept.

import type { Envelope } from './envelope.js';
import { isMisuse } from './errors.js';
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
  readonly #isUsable: (old: Envelope | undefined) => old is Envelope;
  readonly #running = new Map<string, Promise<unknown>>();

  /** `isUsable`: whether an old value may still be served. */
  constructor(report: Report, isUsable: (old: Envelope | undefined) => old is Envelope) {
    this.#report = report;
    this.#isUsable = isUsable;
  }

  /** The value, made because of `cause`; one that is stale is good enough, as a refresh would have nowhere to go. What the caller did wrong it throws. */
  get(call: Call, cause: unknown): unknown {
    const { key, name, old } = call;
    if (isMisuse(cause)) throw cause;
    this.#report.failed(cause, key);
    if (this.#isUsable(old) && Date.now() < old.fresh + old.staleFor) {
      this.#report.stale(key);
      return old.value;
    }
    this.#report.miss(key);
    const running = this.#running.get(name);
    if (running !== undefined) {
      this.#report.coalesced();
      return running;
    }
    call.makes = true;
    const making = this.#make(call).finally(() => this.#running.delete(name));
    this.#running.set(name, making);
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
