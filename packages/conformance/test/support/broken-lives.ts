// Adapters that are wrong about what lasts: an expiry, a close, a reopening, other handles.
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import { Bare, type Broken } from './bare.js';

/** Emptied before each test. */
export const inMemory = new Map<string, unknown>();

export const brokenLives: Broken = {
  'keeps all in memory': {
    adapter: class extends Bare {
      override get = async (key: string) => {
        await super.has(key);
        return inMemory.get(key);
      };
      override has = async (key: string) => inMemory.has(key);
      override set = async (key: string, value: unknown) => void inMemory.set(key, value);
      override close = async () => {
        inMemory.clear();
        await super.close();
      };
    },
    fails: 'reopened: every value is there again',
  },
  'clears on opening': {
    adapter: class extends Bare {
      constructor(path: string, options: StoreOptions) {
        super(path, options);
        this.store.clear();
      }
    },
    fails: 'reopened: what was deleted stays away, and what was set last is what counts',
  },
  'clears what it has in memory': {
    adapter: class extends Bare {
      readonly #gone = new Set<string>();
      override get = async (key: string) => (this.#gone.has(key) ? undefined : this.store.get(key));
      override has = async (key: string) => !this.#gone.has(key) && this.store.has(key);
      override keys = () => [...this.store.keys()].filter((key) => !this.#gone.has(key));
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        this.#gone.delete(key);
        await super.set(key, value, ttl);
      }
      override clear = async () => {
        for (const key of this.store.keys()) this.#gone.add(key);
      };
    },
    fails: 'reopened: what was cleared stays away',
  },
  'keeps expiries in memory': {
    adapter: class extends Bare {
      readonly #ends = new Map<string, number>();
      override get = async (key: string) => ((this.#ends.get(key) ?? Number.POSITIVE_INFINITY) > Date.now() ? this.store.get(key) : undefined);
      override set = async (key: string, value: unknown, ttl = Number.POSITIVE_INFINITY) => {
        this.#ends.set(key, Date.now() + ttl);
        this.store.set(key, value);
      };
    },
    fails: 'reopened: an expiry goes on while the file is closed',
  },
  'forgets the ttl': {
    adapter: class extends Bare {
      override set = async (key: string, value: unknown) => this.store.set(key, value);
    },
    fails: 'expired: an entry is there until its ttl, and never afterwards',
  },
  'takes seconds for milliseconds': {
    adapter: class extends Bare {
      override set = async (key: string, value: unknown, ttl?: number) => this.store.set(key, value, ttl === undefined ? undefined : { ttl: ttl / 1000 });
    },
    fails: 'expired: an entry is there until its ttl, and never afterwards',
  },
  'keeps the old expiry': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        const expiresAt = this.store.expiresAt(key);
        if (expiresAt !== undefined && expiresAt !== Number.POSITIVE_INFINITY) this.store.set(key, value, { expiresAt });
        else await super.set(key, value, ttl);
      }
    },
    fails: 'expired: a new value brings its own expiry',
  },
  'expires after a day at the latest': {
    adapter: class extends Bare {
      override set = async (key: string, value: unknown, ttl?: number) =>
        this.store.set(key, value, ttl === undefined ? undefined : { ttl: ttl % 86_400_000 || 86_400_000 });
    },
    fails: 'expired: a ttl of many years does not wrap around',
  },
  'gives what it has read before, expired or not': {
    adapter: class extends Bare {
      readonly #read = new Map<string, unknown>();
      override async get(key: string): Promise<unknown> {
        if (!this.#read.has(key)) this.#read.set(key, await super.get(key));
        return this.#read.get(key);
      }
    },
    fails: 'expired: an entry is there until its ttl, and never afterwards',
  },
  'lists what has expired': {
    adapter: class extends Bare {
      readonly #known = new Set<string>();
      override keys = () => new Set([...this.#known, ...this.store.keys()]);
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        this.#known.add(key);
        await super.set(key, value, ttl);
      }
    },
    fails: 'expired: an entry is there until its ttl, and never afterwards',
  },
  'lets all expire after a year': {
    adapter: class extends Bare {
      override set = async (key: string, value: unknown, ttl = 365 * 86_400_000) => this.store.set(key, value, { ttl });
    },
    fails: 'expired: no ttl is no expiry',
  },
  'sets nothing where something has expired': {
    adapter: class extends Bare {
      readonly #known = new Set<string>();
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (this.#known.has(key) && !this.store.has(key)) return;
        this.#known.add(key);
        await super.set(key, value, ttl);
      }
    },
    fails: 'expired: an expired entry can be set again',
  },
  'never closes': {
    adapter: class extends Bare {
      override close = async () => {};
    },
    fails: 'closed: every call is refused, and says so',
  },
  'closes once only': {
    adapter: class extends Bare {
      #closed = false;
      override async close(): Promise<void> {
        if (this.#closed) throw new Error('closed already');
        this.#closed = true;
        await super.close();
      }
    },
    fails: 'closed: closing twice does nothing',
  },
  'closes the one store that all its handles have': {
    adapter: class OneStore extends Bare {
      static readonly stores = new Map<string, Store>();
      protected override readonly store: Store;
      constructor(path: string, options: StoreOptions) {
        super(path, options);
        this.store = OneStore.stores.get(path) ?? openStore(path, options);
        OneStore.stores.set(path, this.store);
      }
    },
    fails: 'closed: another handle on the file goes on',
  },
  'reads with a cache of its own': {
    adapter: class extends Bare {
      readonly #read = new Map<string, unknown>();
      override async get(key: string): Promise<unknown> {
        const known = this.#read.get(key) ?? (await super.get(key));
        this.#read.set(key, known);
        return known;
      }
    },
    fails: 'concurrent: what one handle wrote, deleted or cleared, the other sees at once',
  },
  'reads a part of a value while another is written': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, 'half', ttl);
        await null;
        await super.set(key, value, ttl);
      }
    },
    fails: 'concurrent: readers of a key that is being set and deleted get a whole value or a miss',
  },
  'lists with an index into a list that moves': {
    adapter: class extends Bare {
      override async *keys(): AsyncIterable<string> {
        for (let i = 0; i < this.store.size; i++) yield [...this.store.keys()].sort()[i];
      }
      // Sorted, so that what is added in front moves what comes after: those come twice.
    },
    fails: 'concurrent: keys() gives what is there from its start to its end exactly once, whatever is written meanwhile',
  },
  'keeps all in one entry, which it reads and writes back': {
    adapter: class extends Bare {
      override get = async (key: string) => (this.store.get('all') as Map<string, unknown> | undefined)?.get(key);
      override async set(key: string, value: unknown): Promise<void> {
        const all = new Map((await super.get('all')) as Map<string, unknown> | undefined);
        await null;
        this.store.set('all', all.set(key, value));
      }
    },
    fails: 'concurrent: sets at once are all there',
  },
};
