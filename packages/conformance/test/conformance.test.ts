// The suite against a bare adapter, which passes, and against one with one thing wrong each, which must fail in the test made for it.

import { test as nodeTest } from 'node:test';
import { describe, expect, it, test } from 'vitest';
import { type ConformanceOptions, conformance, type Suite, suites } from '../src/index.js';
import { Bare } from './support/bare.js';
import { brokenContents } from './support/broken-contents.js';
import { brokenLives, inMemory } from './support/broken-lives.js';

const broken = { ...brokenContents, ...brokenLives };

describe('an adapter that is right passes', () => {
  conformance({ test, open: (path, options) => new Bare(path, options), module: new URL('./adapters/bare.mjs', import.meta.url) });
});

type Open = ConformanceOptions['open'];

/** Runs the tests one after the other, all of the suites or the one that is named; the names of those that fail. */
async function failing(open: Open, more: Partial<ConformanceOptions>, only: readonly Suite[], title?: string): Promise<string[]> {
  const cases: [string, () => Promise<void>][] = [];
  conformance({ test: (name, run) => cases.push([name, run]), open, largeValue: 2 ** 20, ...more }, only);
  const failed: string[] = [];
  for (const [name, run] of cases) if (title === undefined || title === name) await run().catch(() => failed.push(name));
  return failed;
}

// The slowest takes some seconds by itself, and several times that on a busy machine.
describe('an adapter that is wrong fails', { timeout: 120_000 }, () => {
  it.each(Object.entries(broken))('one that %s', async (_, { adapter: Wrong, fails }) => {
    inMemory.clear();
    expect(await failing((path, options) => new Wrong(path, options), {}, [fails.split(':')[0] as Suite], fails)).toEqual([fails]);
  });

  const processes = suites.processes.map(({ name }) => `processes: ${name}`);

  it('one that hoards what it reads and writes fails where another process looks', { timeout: 60_000 }, async () => {
    const module = new URL('./adapters/hoarding.mjs', import.meta.url);
    expect(await failing((path, options) => new Bare(path, options), { module }, ['processes'])).toEqual(processes);
  });

  it.each(['refusing', 'ending'])('one whose process is %s fails there, and nobody waits for ever', { timeout: 60_000 }, async (name) => {
    const module = new URL(`./adapters/${name}.mjs`, import.meta.url);
    expect(await failing((path, options) => new Bare(path, options), { module }, ['processes'])).toEqual(
      expect.arrayContaining(processes.filter((title) => !title.includes('cleared'))),
    );
  });

  it('every test has one', () => {
    const all = Object.entries(suites).flatMap(([suite, cases]) => cases.map(({ name }) => `${suite}: ${name}`));
    const seen = new Set(Object.values(broken).map(({ fails }) => fails));
    expect(all.filter((title) => !seen.has(title) && !processes.includes(title))).toEqual([]);
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
    expect(() => names({ values: [['one', 1]] })).toThrow(/at least two/);
    expect(() => names({ closed: 'missing' as never })).toThrow(/'throws' or 'misses'/);
    expect(() => names({ largeValue: 9 })).toThrow(/multiple of 8/);
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
    expect(
      await failing(narrow, { missing: null, values: 'string', without: ['has', 'keys', 'clear', 'ttl', 'copies'] }, Object.keys(suites) as Suite[]),
    ).toEqual([]);
  });

  it("fits node:test's types too", () => {
    const options: ConformanceOptions = { test: nodeTest, open };
    expect(options.test).toBe(nodeTest);
  });
});
