// The suite against a bare adapter, which passes, and against one with one thing wrong each, which must fail in the test made for it.

import { test as nodeTest } from 'node:test';
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import { describe, expect, it, test } from 'vitest';
import { type Adapter, type ConformanceOptions, conformance, type Suite, suites } from '../src/index.js';

/** The engine itself, under the suite's names. */
class Bare implements Adapter {
  protected readonly store: Store;

  constructor(path: string, options: StoreOptions) {
    this.store = openStore(path, { flush: 'manual', ...options });
  }
  async get(key: string): Promise<unknown> {
    return this.store.get(key);
  }
  async set(key: string, value: unknown, ttl?: number): Promise<void> {
    this.store.set(key, value, ttl === undefined ? undefined : { ttl });
  }
  async delete(key: string): Promise<boolean> {
    return this.store.delete(key);
  }
  async has(key: string): Promise<boolean> {
    return this.store.has(key);
  }
  keys(): Iterable<string> | AsyncIterable<string> {
    return this.store.keys();
  }
  async clear(): Promise<void> {
    this.store.clear();
  }
  async close(): Promise<void> {
    this.store.close();
  }
}

describe('an adapter that is right passes', () => {
  conformance({ test, open: (path, options) => new Bare(path, options), module: new URL('./adapters/bare.mjs', import.meta.url) });
});

type Open = ConformanceOptions['open'];

/** Runs the tests one after the other; the names of those that fail. */
async function failing(open: Open, more: Partial<ConformanceOptions> = {}, only?: readonly Suite[]): Promise<string[]> {
  const cases: [string, () => Promise<void>][] = [];
  conformance({ test: (name, run) => cases.push([name, run]), open, largeValue: 2 ** 20, ...more }, only);
  const failed: string[] = [];
  for (const [name, run] of cases) await run().catch(() => failed.push(name));
  return failed;
}

const inMemory = new Map<string, unknown>();

const broken: Record<string, { adapter: new (path: string, options: StoreOptions) => Adapter; fails: string }> = {
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
  'stores JSON': {
    adapter: class extends Bare {
      override get = async (key: string) => (this.store.has(key) ? JSON.parse(this.store.get(key) as string) : undefined);
      override async set(key: string, value: unknown, ttl?: number): Promise<void> {
        await super.set(key, JSON.stringify(value), ttl);
      }
    },
    fails: 'works: every value comes back as what it was',
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
  'clears nothing': {
    adapter: class extends Bare {
      override clear = async () => {};
    },
    fails: 'works: clear() leaves nothing, and what is set afterwards stays',
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
  'lists a key twice': {
    adapter: class extends Bare {
      override *keys(): Iterable<string> {
        yield* this.store.keys();
        yield* [...this.store.keys()].slice(0, 1);
      }
    },
    fails: 'works: keys() lists each key once',
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

// The slowest takes some seconds by itself, and several times that on a busy machine.
describe('an adapter that is wrong fails', { timeout: 120_000 }, () => {
  it.each(Object.entries(broken))('one that %s', async (_, { adapter: Wrong, fails }) => {
    inMemory.clear();
    expect(await failing((path, options) => new Wrong(path, options), {}, [fails.split(':')[0] as Suite])).toContain(fails);
  });

  it('one that hoards what it reads and writes fails where another process looks', { timeout: 60_000 }, async () => {
    const module = new URL('./adapters/hoarding.mjs', import.meta.url);
    const seen = await failing((path, options) => new Bare(path, options), { module }, ['processes']);
    expect(seen).toEqual(suites.processes.map(({ name }) => `processes: ${name}`).filter((name) => !name.includes('cleared')));
  });

  it('every suite has one', () => {
    const seen = new Set(Object.values(broken).map(({ fails }) => fails.split(':')[0]));
    expect([...seen, 'processes'].sort()).toEqual(Object.keys(suites).sort());
  });
});

describe('options', () => {
  const open: Open = (path, options) => new Bare(path, options);
  /** The names handed to the runner. */
  const names = (more: Partial<ConformanceOptions>, only?: Parameters<typeof conformance>[1]) => {
    const run: string[] = [];
    conformance({ test: (name) => void run.push(name), open, ...more }, only);
    return run;
  };

  it('skips what the contract has not, by name and with the reason', async () => {
    const cases: [string, (context: object) => Promise<void>][] = [];
    conformance({ test: (...entry) => cases.push(entry), open, without: ['clear'] }, ['works']);
    const skipped = cases.filter(([name]) => name.endsWith('(skipped)'));
    expect(skipped.map(([name]) => name)).toEqual(['works: clear() leaves nothing, and what is set afterwards stays (skipped)']);
    let reason: unknown;
    await skipped[0][1]({ skip: (why: string) => (reason = why) });
    expect(reason).toBe('the adapter has no clear');
  });

  it('runs the suites that are named', () => {
    expect(new Set(names({}, ['closed', 'full']).map((name) => name.split(':')[0]))).toEqual(new Set(['closed', 'full']));
  });

  it('refuses what it does not know', () => {
    expect(() => conformance({} as never)).toThrow(/test is a function/);
    expect(() => conformance({ test } as never)).toThrow(/open is a function/);
    expect(() => names({ without: ['get'] as never })).toThrow(/without/);
    expect(() => names({ values: 'xml' as never })).toThrow(/values/);
    expect(() => names({}, ['slow'] as never)).toThrow(/no suite 'slow'/);
  });

  it('an adapter that does without passes when it says so', async () => {
    const narrow: Open = (path, options) => {
      const bare = new Bare(path, options);
      const text = (value: unknown) => {
        if (typeof value !== 'string') throw new TypeError('only strings');
        return value;
      };
      return {
        get: async (key) => (await bare.get(key)) ?? null,
        set: async (key, value) => bare.set(key, text(value)),
        delete: (key) => bare.delete(key),
        close: () => bare.close(),
      };
    };
    expect(await failing(narrow, { missing: null, values: 'string', without: ['has', 'keys', 'clear', 'ttl'] })).toEqual([]);
  });

  it("fits node:test's types too", () => {
    const options: ConformanceOptions = { test: nodeTest, open };
    expect(options.test).toBe(nodeTest);
  });
});
