// When the writes of a database are done: Drizzle 0 tells its cache only that one begins, and of those in a transaction nothing when it commits.
// So the session that makes all of a database's statements and transactions is listened to, each by the call that ends when it does. It also knows a select's SQL.
import { AsyncLocalStorage } from 'node:async_hooks';

/** A statement or transaction, and what has been written in it, by name. */
interface Work {
  names: Set<string>;
  transaction: boolean;
  /** Whether its own call goes on. What it leaves behind (timers, the sockets of a pool) still runs in its context, and is no part of it. */
  open: boolean;
  /** Calls that go on in it: its own, and those of statements in a transaction. With the last of them it is done. */
  calls: number;
}

/** The parts of Drizzle's session that are used; those of its drivers are alike in them. */
interface Session {
  prepareQuery(...args: unknown[]): { queryMetadata?: { type: string }; cacheConfig?: unknown; queryWithCache?(...args: unknown[]): Promise<unknown> };
  transaction(...args: unknown[]): unknown;
}

export class Watch {
  readonly #work = new AsyncLocalStorage<Work>();
  readonly #select = new AsyncLocalStorage<string>();
  readonly #done: (names: string[]) => void;

  /** `done` is called with the names that a statement or transaction wrote, when it has ended, well or not. */
  constructor(done: (names: string[]) => void) {
    this.#done = done;
  }

  /** The SQL of the select that asks the cache; undefined where the database is not watched. */
  get sql(): string | undefined {
    return this.#select.getStore();
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  get #transaction(): Work | undefined {
    const work = this.#work.getStore();
    return work?.open && work.transaction ? work : undefined;
  }

  /** Notes what a write that has begun is going to change, and gives what is new in its work; undefined where nobody will tell of its end. */
  note(names: string[]): Set<string> | undefined {
    const work = this.#work.getStore();
    if (work === undefined || work.calls === 0) return undefined;
    const fresh = new Set(names.filter((name) => !work.names.has(name)));
    for (const name of fresh) work.names.add(name);
    return fresh;
  }

  /** Throws `TypeError` for what is no database of Drizzle's. */
  listen(db: object): void {
    const { session } = db as { session?: Session };
    if (typeof session?.prepareQuery !== 'function' || typeof session.transaction !== 'function') {
      throw new TypeError('watch() is given what drizzle() returned');
    }
    const [prepareQuery, transaction] = [session.prepareQuery.bind(session), session.transaction.bind(session)];
    session.prepareQuery = (...args) => {
      const prepared = prepareQuery(...args);
      const { queryMetadata, cacheConfig, queryWithCache } = prepared;
      if (!queryWithCache || !queryMetadata) return prepared;
      if (queryMetadata.type !== 'select') {
        prepared.queryWithCache = (...query) => this.#run(false, () => queryWithCache.apply(prepared, query)) as Promise<unknown>;
      } else if (cacheConfig) {
        prepared.queryWithCache = (...query) => this.#select.run(query[0] as string, () => queryWithCache.apply(prepared, query));
      }
      return prepared;
    };
    session.transaction = (...args) => this.#run(true, () => transaction(...args));
  }

  #run(transaction: boolean, call: () => unknown): unknown {
    // Some drivers run a transaction on this very session (sqlite-proxy, node-postgres with one client): then its statements come through here, and are done
    // when it is committed, and not before. One that is another connection's only looks as if it took longer.
    const outer = this.#transaction;
    const work = outer ?? { names: new Set<string>(), transaction, open: true, calls: 0 };
    work.calls++;
    const end = () => {
      if (outer === undefined) work.open = false;
      if (--work.calls === 0 && work.names.size > 0) this.#done([...work.names]);
    };
    let result: unknown;
    try {
      result = this.#work.run(work, call);
    } catch (error) {
      end();
      throw error;
    }
    if (result instanceof Promise) return result.finally(end);
    // Drivers that are synchronous don't ask their cache for anything.
    end();
    return result;
  }
}
