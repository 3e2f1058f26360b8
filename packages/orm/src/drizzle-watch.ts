// When the writes of a database are done: Drizzle 0 tells its cache only that one begins, and of those in a transaction nothing when it commits.
// So the session that makes all of a database's statements and transactions is listened to, each by the call that ends when it does.
import { AsyncLocalStorage } from 'node:async_hooks';

/** What has been written in the statement or transaction that this code runs in, by name. */
interface Work {
  names: Set<string>;
  transaction: boolean;
}

/** The parts of Drizzle's session that are used; those of its drivers are alike in them. */
interface Session {
  prepareQuery(...args: unknown[]): { queryMetadata?: { type: string }; queryWithCache?(...args: unknown[]): Promise<unknown> };
  transaction(...args: unknown[]): unknown;
}

export class Watch {
  readonly #work = new AsyncLocalStorage<Work>();
  readonly #done: (names: string[]) => void;

  /** `done` is called with the names that a statement or transaction wrote, when it has ended, well or not. */
  constructor(done: (names: string[]) => void) {
    this.#done = done;
  }

  get inTransaction(): boolean {
    return this.#work.getStore()?.transaction ?? false;
  }

  /** Notes what a write that has begun is going to change. */
  note(names: string[]): void {
    const work = this.#work.getStore();
    for (const name of names) work?.names.add(name);
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
      const { queryMetadata, queryWithCache } = prepared;
      if (queryWithCache && queryMetadata && queryMetadata.type !== 'select') {
        prepared.queryWithCache = (...query) => this.#run(false, () => queryWithCache.apply(prepared, query)) as Promise<unknown>;
      }
      return prepared;
    };
    session.transaction = (...args) => this.#run(true, () => transaction(...args));
  }

  #run(transaction: boolean, work: () => unknown): unknown {
    const names = new Set<string>();
    const end = () => {
      if (names.size > 0) this.#done([...names]);
    };
    const result = this.#work.run({ names, transaction }, work);
    // Drivers that are synchronous don't ask their cache for anything.
    return result instanceof Promise ? result.finally(end) : result;
  }
}
