// Adapters that are wrong about what is kept: keys, values, and as much as there is room for.
import type { StoreOptions } from '@mapstone/engine';
import { Bare, type Broken } from './bare.js';

export const brokenContents: Broken = {
  'stores JSON': {
    adapter: class extends Bare {
      override get = async (key: string) => (this.store.has(key) ? JSON.parse(this.store.get(key) as string) : undefined);
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, JSON.stringify(value), ttl);
      }
    },
    fails: 'works: every value comes back as what it was',
  },
  'clears nothing': {
    adapter: class extends Bare {
      override clear = async () => {};
    },
    fails: 'works: clear() leaves nothing, and what is set afterwards stays',
  },
  'lists a key twice': {
    adapter: class extends Bare {
      override *keys(): Iterable<string> {
        yield* this.store.keys();
        yield* [...this.store.keys()].slice(0, 1);
      }
    },
    fails: 'works: keys() lists each key once',
  },
  'reads null for a miss': {
    adapter: class extends Bare {
      override get = async (key: string) => this.store.get(key) ?? null;
    },
    fails: 'works: what is not there is a miss',
  },
  'keeps what was set first': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (!this.store.has(key)) await super.set(key, value, ttl);
      }
    },
    fails: 'works: what was set is there, until it is set again or deleted',
  },
  'throws where there is nothing to delete': {
    adapter: class extends Bare {
      override async delete(key: string): Promise<boolean> {
        if (!this.store.has(key)) throw new TypeError(`no ${key}`);
        return super.delete(key);
      }
    },
    fails: 'works: deleting what is not there is no error',
  },
  'takes null for a miss': {
    adapter: class extends Bare {
      override has = async (key: string) => (this.store.get(key) ?? null) !== null;
    },
    fails: 'works: every value comes back as what it was',
  },
  'marks what it is given': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (Array.isArray(value)) value.push('marked');
        await super.set(key, value, ttl);
      }
    },
    fails: 'works: every value comes back as what it was',
  },
  'hands out the objects that it keeps': {
    adapter: class extends Bare {
      constructor(path: string, options: StoreOptions) {
        super(path, { objectCache: { maxEntries: 10 }, ...options });
      }
      // A copy, but for what lies deeper.
      override async get(key: string): Promise<unknown> {
        const value = await super.get(key);
        return Object.getPrototypeOf(value ?? 0) === Object.prototype ? { ...(value as object) } : value;
      }
    },
    fails: 'works: what is read is a copy',
  },
  'hands out the bytes that it keeps': {
    adapter: class extends Bare {
      readonly #bytes = new Map<string, Buffer>();
      override get = async (key: string) => this.#bytes.get(key) ?? this.store.get(key);
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (Buffer.isBuffer(value)) this.#bytes.set(key, Buffer.from(value));
        else this.#bytes.delete(key);
        await super.set(key, value, ttl);
      }
    },
    fails: 'works: what is read is a copy',
  },
  'trims its keys': {
    adapter: class extends Bare {
      override get = async (key: string) => this.store.get(key.trim() || '_');
      override set = async (key: string, value: unknown, ttl?: number) => this.store.set(key.trim() || '_', value, ttl === undefined ? undefined : { ttl });
    },
    fails: 'hostile: every key names an entry of its own',
  },
  'deletes by prefix': {
    adapter: class extends Bare {
      override delete = async (key: string) => this.store.clear({ prefix: key }) > 0;
    },
    fails: 'hostile: every key names an entry of its own',
  },
  'swallows what it can not store': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, value, ttl).catch(() => {});
      }
    },
    fails: 'hostile: a value that can not be kept is refused clearly and leaves the old one, or is changed as the contract says',
  },
  'throws strings': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, value, ttl).catch((error) => Promise.reject(String(error)));
      }
    },
    fails: 'hostile: a key that is empty or longer than 64 KiB is kept, or refused clearly',
  },
  'deletes before it sets': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (key !== '' && key.length < 60_000) this.store.delete(key);
        await super.set(key, value, ttl);
      }
    },
    fails: 'hostile: a value that can not be kept is refused clearly and leaves the old one, or is changed as the contract says',
  },
  'cuts large values': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, typeof value === 'string' ? value.slice(0, 500_000) : value, ttl);
      }
    },
    fails: 'hostile: a large value comes back, or is refused clearly and leaves the old one',
  },
  'refuses keys that look like paths': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        if (key.includes('..')) throw new TypeError('no path, please');
        await super.set(key, value, ttl);
      }
    },
    fails: 'hostile: every key names an entry of its own',
  },
  'hands its options to nobody': {
    adapter: class extends Bare {
      constructor(path: string) {
        super(path, {});
      }
    },
    fails: 'full: what is refused is refused clearly, what is kept is right, and the file stays within its size',
  },
  'drops what it has when it is full': {
    adapter: class extends Bare {
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        try {
          await super.set(key, value, ttl);
        } catch (error) {
          if ((error as { code?: string }).code === 'ERR_STORE_FULL') this.store.clear();
          throw error;
        }
      }
    },
    fails: 'full: what is refused is refused clearly, what is kept is right, and the file stays within its size',
  },
};
