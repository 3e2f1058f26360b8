// TypeORM's query result cache in a store, for TypeORM 0.3 and 1: `new DataSource({ cache: { provider: mapstoneCache('./cache.mapstone') } })`.
// The types are TypeORM's by shape, which it doesn't export.
import { Scope, type ScopeOptions } from './scope.js';

/** TypeORM's `QueryResultCacheOptions`. */
export interface QueryResult {
  /** As in `cache: { id }` of the query. */
  identifier?: string;
  /** When it was stored, ms since 1970. */
  time?: number;
  /** How long it is good for, ms. */
  duration: number;
  query?: string;
  /** The rows as JSON. */
  result?: any;
}

export type TypeOrmCacheOptions = ScopeOptions;

interface Row {
  time: number;
  duration: number;
  result: string;
}

/** The `provider` of a DataSource's `cache`. The namespace is `typeorm` unless told otherwise. */
export function mapstoneCache(target: string | TypeOrmCacheOptions): () => MapstoneQueryResultCache {
  return () => new MapstoneQueryResultCache(target);
}

export class MapstoneQueryResultCache {
  readonly #scope: Scope;

  constructor(target: string | TypeOrmCacheOptions) {
    this.#scope = new Scope(target, 'typeorm', { i: true, q: true });
  }

  /** Opens the file, so that one which doesn't open fails `DataSource.initialize()`. */
  async connect(): Promise<void> {
    this.#scope.open();
  }

  async disconnect(): Promise<void> {
    this.#scope.close();
  }

  /** There is no table to make. */
  async synchronize(_queryRunner?: unknown): Promise<void> {}

  async getFromCache(options: QueryResult, _queryRunner?: unknown): Promise<QueryResult | undefined> {
    const key = this.#key(options);
    const row = key === undefined ? undefined : this.#scope.store.get<Row>(key);
    return row && { identifier: options.identifier, query: options.query, ...row };
  }

  async storeInCache(options: QueryResult, _saved: QueryResult | undefined, _queryRunner?: unknown): Promise<void> {
    const { time = Date.now(), duration, result } = options;
    if (typeof result !== 'string') throw misuse('ERR_VALUE_INVALID', `TypeORM's result is a string of JSON, not ${typeof result}`);
    const key = this.#key(options);
    if (key === undefined) throw misuse('ERR_KEY_INVALID', 'a result is stored under its identifier or its query: there is neither');
    this.#scope.keep(key, { time, duration, result } satisfies Row, { expiresAt: time + duration });
  }

  /** The store gives nothing back that has expired; this is for those who kept a result. */
  isExpired({ time = 0, duration }: QueryResult): boolean {
    return time + duration < Date.now();
  }

  async clear(_queryRunner?: unknown): Promise<void> {
    this.#scope.empty();
  }

  /** By the ids given to queries. */
  async remove(identifiers: string[], _queryRunner?: unknown): Promise<void> {
    this.#scope.store.deleteMany(identifiers.map((identifier) => this.#key({ identifier, duration: 0 })).filter((key) => key !== undefined));
  }

  // As TypeORM's own caches: by identifier where there is one, else by the query with its parameters; '' is none.
  #key({ identifier, query }: QueryResult): string | undefined {
    if (identifier) return this.#scope.key('i', identifier);
    return query ? this.#scope.key('q', query) : undefined;
  }
}

function misuse(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}
