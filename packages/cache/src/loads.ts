// Single flight across processes. Who finds a value missing puts a lease into the entry itself, and makes the value; the others see the lease, and wait. The
// lease is also the fence: the value is stored only if the entry still holds that very lease. Whatever came in between (a set, a delete, clear, eviction,
// expire, another's lease) took its place in the entry, so no one has to be told, and a load can't undo it.

import { randomUUID } from 'node:crypto';
import { KEEP, type Store } from '@mapstone/engine';
import { entryFor } from './entry.js';
import { EMPTY, type Envelope, endOf, envelopeOf, type Outcome, wrap } from './envelope.js';
import { CacheError, isClosed, isMisuse, keepError, restoreError } from './errors.js';
import { Flight, flightOf, LONGEST_TIMER } from './flights.js';
import { Leases } from './leases.js';
import type { Life, LoadRules } from './options.js';
import type { Report } from './report.js';
import type { Tags } from './tags.js';
import { type Call, type Load, UnleasedLoads } from './unleased.js';
import type { World } from './world.js';

/** A lease stays in the entry for so many times its length: a holder that is slow, and was not succeeded, still finds it. */
const LEASE_LIVES = 10;

/** What an entry says to who wants its value. */
type Finding =
  | { is: 'fresh' | 'old' | 'nothing'; value: unknown }
  | { is: 'failed'; error: Error }
  | { is: 'unkept' }
  | { is: 'stale'; value: unknown; leased: boolean; old: Envelope }
  | { is: 'leased'; token: string; old: Envelope | undefined; ended: string | undefined }
  | { is: 'absent'; old: Envelope | undefined };

/** What a call waits for: the end of some load other than `ended`, by token, which is of before the call. */
interface Wait {
  ended: string | undefined;
}

/** What was there when a lease was to be taken; with a token if it was. */
interface Taken {
  finding: Finding;
  token: string | undefined;
  tags: readonly string[];
}

export class Loads {
  readonly #store: Store;
  readonly #tags: Tags;
  readonly #report: Report;
  readonly #leases: Leases;
  readonly #lease: number;
  /** A life's ttl, shortened by chance. */
  readonly #shorten: (ttl: number) => number;
  /** This cache's own loads under way, with their names. */
  readonly #own = new Map<Flight, string>();
  #closed = false;
  readonly #unleased: UnleasedLoads;

  constructor(store: Store, tags: Tags, report: Report, world: World, lease: number, shorten: (ttl: number) => number) {
    this.#store = store;
    this.#tags = tags;
    this.#report = report;
    this.#leases = new Leases(store, tags, world);
    this.#lease = lease;
    this.#shorten = shorten;
    this.#unleased = new UnleasedLoads(
      report,
      lease,
      (old) => this.#isUsable(old),
      () => this.#closed,
    );
  }

  /** The value under a name, made if need be. `stored` is what the caller has just read there. */
  async get(key: string, name: string, stored: unknown, load: Load, life: Life, rules: LoadRules): Promise<unknown> {
    const call: Call = { key, name, load, life, rules, makes: false, gone: false, old: undefined };
    if (rules.timeout > LONGEST_TIMER) return this.#find(call, stored);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<unknown>((resolve, reject) => {
      timer = setTimeout(() => {
        const { old } = call;
        call.gone = true;
        if (this.#isUsable(old)) {
          this.#report.stale(key);
          resolve(old.value);
        } else reject(new CacheError('ERR_CACHE_TIMEOUT', `no value for '${key}' within ${rules.timeout} ms: it is still being made, and there is no old one`));
      }, rules.timeout);
    });
    const found = this.#find(call, stored);
    // Where the caller has gone, nobody else hears of a failure.
    found.catch((error) => {
      if (call.gone && call.makes) this.#report.failed(error, key);
    });
    return Promise.race([found, late]).finally(() => clearTimeout(timer));
  }

  /** Gives the leases of loads under way back: the file may stay open for another cache, and then their holder looks alive. */
  close(): void {
    this.#closed = true;
    for (const [flight, name] of this.#own) {
      this.#end(undefined, name, flight.token, undefined);
      flight.forget();
    }
  }

  async #find(call: Call, first: unknown): Promise<unknown> {
    const { key, name } = call;
    let wait: Wait | undefined;
    for (;;) {
      let finding: Finding;
      let taken: Taken | undefined;
      try {
        finding = this.#look(wait === undefined ? first : this.#store.get(name), Date.now(), wait);
        if (finding.is === 'absent' || (finding.is === 'stale' && !finding.leased)) {
          call.old = finding.old;
          taken = this.#take(call, wait);
          ({ finding } = taken);
        }
      } catch (error) {
        return this.#unleased.get(call, error);
      }
      // Not within the try: what a listener throws is no trouble of the store's.
      if (taken?.token !== undefined) return this.#begin(call, taken.finding, taken.token, taken.tags);
      switch (finding.is) {
        case 'fresh':
          if (wait === undefined) this.#report.hit(key);
          else this.#report.coalesced();
          return finding.value;
        case 'stale':
        case 'old':
          this.#report.stale(key);
          return finding.value;
        case 'nothing':
          this.#report.coalesced();
          return finding.value;
        case 'failed':
          throw finding.error;
        case 'unkept':
          return this.#unleased.make(call);
        case 'leased': {
          const { token, old, ended } = finding;
          call.old = old;
          if (wait === undefined) this.#report.miss(key);
          wait ??= { ended };
          const flight = flightOf(token);
          if (flight !== undefined) {
            const landed = await flight.join(() => this.#closed);
            if (landed === undefined) continue;
            this.#report.coalesced();
            return landed.outcome;
          }
          try {
            await this.#leases.ended(name, token);
          } catch (error) {
            return this.#unleased.get(call, error);
          }
        }
      }
    }
  }

  /** Whether an old value may still be served, now that its load has failed or is late. */
  #isUsable(old: Envelope | undefined): old is Envelope {
    if (old === undefined || !(Date.now() < endOf(old))) return false;
    try {
      return this.#tags.areCurrent(old.tags);
    } catch {
      // What can't be told may have been invalidated.
      return false;
    }
  }

  #look(stored: unknown, now: number, wait: Wait | undefined): Finding {
    const entry = envelopeOf(stored);
    if (entry === undefined) return { is: 'absent', old: undefined };
    const { lease, outcome } = entry;
    const usable = entry.filled && this.#tags.areCurrent(entry.tags);
    if (usable && now < entry.fresh) return { is: 'fresh', value: entry.value };
    const old = usable && now < endOf(entry) ? entry : undefined;
    const isWaitedFor = wait !== undefined && outcome?.token !== wait.ended;
    if (outcome !== undefined && (isWaitedFor || (now < outcome.until && this.#tags.areCurrent(outcome.tags ?? [])))) {
      if (outcome.unkept) return { is: 'unkept' };
      if (old !== undefined) return { is: 'old', value: old.value };
      if (outcome.error !== undefined) return { is: 'failed', error: restoreError(outcome.error) };
      return { is: 'nothing', value: outcome.value };
    }
    const leased = lease !== undefined && this.#leases.isHeld(lease, now);
    if (old !== undefined && now < old.fresh + old.staleFor) return { is: 'stale', value: old.value, leased, old };
    return leased ? { is: 'leased', token: lease[1], old, ended: outcome?.token } : { is: 'absent', old };
  }

  /** Puts a lease into the entry, unless what is there by now makes that needless: then there is no token. */
  #take({ name, life }: Call, wait: Wait | undefined): Taken {
    // The versions from before the load: what is invalidated from here on is invalid when it is stored.
    const tags = this.#tags.versions(life.tags);
    let finding!: Finding;
    let token: string | undefined;
    let expiresAt = 0;
    this.#store.update<unknown>(
      name,
      (stored) => {
        const now = Date.now();
        finding = this.#look(stored, now, wait);
        token = undefined;
        if (!(finding.is === 'absent' || (finding.is === 'stale' && !finding.leased))) return KEEP;
        token = randomUUID();
        const { old = EMPTY } = finding;
        expiresAt = Math.max(endOf(old), now + this.#lease * LEASE_LIVES);
        // How the load before ended stays for who has waited for it and not looked yet: else he might wait for one after another.
        const ended = envelopeOf(stored)?.outcome;
        const outcome = ended && { ...ended, until: 0 };
        return wrap({ ...old, lease: [this.#store.opener as string, token, now + this.#lease, tags, this.#lease], outcome });
      },
      () => ({ expiresAt }),
    );
    return { finding, token, tags };
  }

  #begin(call: Call, finding: Finding, token: string, tags: readonly string[]): unknown {
    const old = finding.is === 'stale' || finding.is === 'absent' ? finding.old : undefined;
    call.old = old;
    call.makes = true;
    const load = this.#load(call, token, tags, old);
    const flight = new Flight(token, load, this.#lease, () => this.#own.delete(flight));
    this.#own.set(flight, call.name);
    if (finding.is !== 'stale') {
      this.#report.miss(call.key);
      return load;
    }
    // Nobody waits for it.
    load.catch((error) => this.#report.failed(error, call.key));
    this.#report.stale(call.key);
    return finding.value;
  }

  async #load({ key, name, load, life, rules }: Call, token: string, tags: readonly string[], old: Envelope | undefined): Promise<unknown> {
    this.#report.loaded();
    let value: unknown;
    try {
      value = await load();
    } catch (error) {
      this.#end(key, name, token, { token, until: Date.now() + rules.errorTtl, error: keepError(error), tags });
      if (!this.#isUsable(old)) throw error;
      this.#report.failed(error, key);
      return old.value;
    }
    const isNegative = value === undefined || value === null;
    if (isNegative && rules.negative === 0) {
      this.#end(key, name, token, { token, until: 0, ...(value === null ? { value: null } : {}) }, true);
      return value;
    }
    const lived = isNegative ? { ...life, ttl: Math.min(life.ttl, rules.negative), stale: 0, staleIfError: 0 } : life;
    try {
      this.#keep(name, token, value, lived, tags);
    } catch (error) {
      if (isClosed(error)) return value;
      // A value that can't be stored is the program's mistake.
      if (isMisuse(error)) {
        this.#end(key, name, token, { token, until: 0, error: keepError(error) });
        throw error;
      }
      // What the store can't do is not the caller's trouble, nor that of those who wait: they make it too.
      this.#settle(name, token, { token, until: 0, unkept: true });
      this.#report.failed(error, key);
    }
    return value;
  }

  #keep(name: string, token: string, value: unknown, life: Life, tags: readonly string[]): void {
    const { value: stored, options } = entryFor(value, life, this.#shorten(life.ttl), tags, Date.now());
    this.#leases.fill(name, token, stored, options);
  }

  /** Ends a load without a new value, and tells if that failed. */
  #end(key: string | undefined, name: string, token: string, outcome: Outcome | undefined, isGone = false): void {
    const trouble = this.#settle(name, token, outcome, isGone);
    if (trouble !== undefined) this.#report.failed(trouble, key);
  }

  /** Where the outcome can't be written, the lease goes without one: those who wait make the value themselves. Gives what was the trouble. */
  #settle(name: string, token: string, outcome: Outcome | undefined, isGone = false): unknown {
    try {
      this.#leases.settle(name, token, outcome, isGone);
    } catch (error) {
      if (isClosed(error)) return undefined;
      try {
        this.#leases.settle(name, token, undefined, isGone);
      } catch {
        // The store's trouble is told of once.
      }
      return error;
    }
  }
}
