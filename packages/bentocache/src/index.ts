// The second level of bentocache: `bentostore().useL1Layer(memoryDriver()).useL2Layer(mapstoneDriver({ path }))`.
// Values are the strings bentocache serialised; an entry's life is kept by the engine, which also takes the space of expired ones back: no `prune` is needed.
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import { BaseDriver } from 'bentocache/drivers/base_driver';
import type { CreateDriverResult, DriverCommonOptions, L2CacheDriver } from 'bentocache/types';

export interface MapstoneDriverOptions extends StoreOptions, DriverCommonOptions {
  /** The file; its directory must be there. Drivers on one path share one engine. */
  path: string;
}

/** The strings asked for lately stay in this process's memory as well, up to so many bytes and entries. */
const STRINGS = { maxBytes: 16 * 2 ** 20, maxEntries: 20_000, types: 'strings' } as const;

/** What bentocache adds of its own when it makes the driver. */
type Config = MapstoneDriverOptions & { logger?: unknown };

/** The file is opened when bentocache first uses the store it belongs to. */
export function mapstoneDriver(options: MapstoneDriverOptions): CreateDriverResult<MapstoneDriver> {
  return { options, factory: (config: Config) => new MapstoneDriver(config) };
}

export class MapstoneDriver extends BaseDriver implements L2CacheDriver {
  readonly type = 'l2';
  readonly #store: Store;

  /** Opens the file, and throws what `openStore` throws; with a store, a view of that. */
  constructor(config: Config, store?: Store) {
    super(config);
    const { path, prefix: _prefix, logger: _logger, ...storeOptions } = config;
    this.#store = store ?? openStore(path, { objectCache: STRINGS, ...storeOptions });
  }

  /** The engine's handle: `flush()`, `stats()`, `backup()` and the rest. */
  get engine(): Store {
    return this.#store;
  }

  /** Shares the handle, as namespaces come and go without `disconnect`. */
  namespace(namespace: string): MapstoneDriver {
    return new MapstoneDriver({ ...(this.config as Config), prefix: this.createNamespacePrefix(namespace) }, this.#store);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#store.get(this.getItemKey(key));
  }

  /** Of several who pull one entry at once, in whatever process, one gets it; and what it gets is what it deletes. */
  async pull(key: string): Promise<string | undefined> {
    let value: string | undefined;
    this.#store.update<string>(this.getItemKey(key), (found) => {
      value = found;
      return undefined;
    });
    return value;
  }

  /** `ttl` in milliseconds; none, or 0, is for ever. */
  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    this.#store.set(this.getItemKey(key), value, ttl ? { ttl } : undefined);
    return true;
  }

  /** This namespace and those within it; without a prefix, everything. */
  async clear(): Promise<void> {
    this.#store.clear({ prefix: this.prefix && `${this.prefix}:` });
  }

  async delete(key: string): Promise<boolean> {
    return this.#store.delete(this.getItemKey(key));
  }

  /** All or nothing. */
  async deleteMany(keys: string[]): Promise<boolean> {
    this.#store.deleteMany(keys.map((key) => this.getItemKey(key)));
    return true;
  }

  async disconnect(): Promise<void> {
    this.#store.close();
  }
}
