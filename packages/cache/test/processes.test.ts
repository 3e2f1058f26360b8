// Single flight, and all else that processes share: real processes on one file, some of them killed with SIGKILL. Needs a build, as `npm test` makes one.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type OtherProcess, otherProcess } from '../../../test/support/other-process.js';
import { tempPaths } from '../../../test/support/temp.js';

const paths = tempPaths();
const program = fileURLToPath(new URL('./support/worker.mjs', import.meta.url));

/** Processes with a cache open on one file, and the log of their loads. */
async function crowd(count: number, options: object = {}) {
  const path = paths();
  const log = `${path}.log`;
  const start = async () => {
    const one = await otherProcess(program, path, log);
    await one.call('open', options);
    return one;
  };
  return {
    path,
    start,
    all: await Promise.all(Array.from({ length: count }, start)),
    /** How often each key was loaded. */
    loads: () => {
      const counts = new Map<string, number>();
      for (const key of existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []) counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts;
    },
  };
}

const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 2));
};
const keys = Array.from({ length: 1000 }, (_, i) => `key ${i}`);

describe('single flight across processes', { timeout: 120_000 }, () => {
  it('8 processes ask for 1,000 keys at once: 1,000 calls', async () => {
    const { all, loads } = await crowd(8);
    const answers = await Promise.all(all.map((one) => one.call('storm', keys, { ms: 5 })));
    expect([sum(loads()), loads().size]).toEqual([1000, 1000]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const stats = await Promise.all(all.map((one) => one.call('stats')));
    const total = (name: string) => stats.reduce((count, { own }) => count + own[name], 0);
    expect([total('loads'), total('loads') + total('coalesced') + total('hits')]).toEqual([1000, 8000]);
    expect(total('coalesced')).toBeGreaterThan(100);
    expect(await all[0].call('check')).toEqual([]);
    for (const one of all) expect(await one.call('errors')).toEqual([]);
  });

  it('two of the 8 are killed in the midst of it: no key is made more than once more by each death', async () => {
    const { all, loads } = await crowd(8);
    const storms = all.map((one) => one.call('storm', keys, { ms: 30 }));
    const [first, second, ...living] = storms;
    for (const dying of [first, second]) dying.catch(() => undefined);
    await until(() => sum(loads()) > 50);
    await all[0].kill();
    await until(() => sum(loads()) > 200);
    await all[1].kill();
    const answers = await Promise.all(living);
    expect(loads().size).toBe(1000);
    expect(Math.max(...loads().values())).toBeLessThanOrEqual(3);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await all[2].call('check')).toEqual([]);
  });

  it('a holder that is killed is succeeded at once, whatever its lease', async () => {
    const { all, loads } = await crowd(3, { lease: '1h' });
    void all[0].call('getOrSet', 'k', { forever: true }).catch(() => undefined);
    await until(() => sum(loads()) === 1);
    const waiting = [all[1], all[2]].map((one) => one.call('getOrSet', 'k', { value: 'made after' }));
    await all[0].kill();
    expect(await Promise.all(waiting)).toEqual(['made after', 'made after']);
    expect(sum(loads())).toBe(2);
  });

  it('a holder that died in an earlier session is succeeded at once too, by a process in its slot', async () => {
    const { all, loads, start } = await crowd(1, { lease: '1h' });
    void all[0].call('getOrSet', 'k', { forever: true }).catch(() => undefined);
    await until(() => sum(loads()) === 1);
    await all[0].kill();
    const heir = await start();
    expect(await heir.call('getOrSet', 'k', { value: 'made after' })).toBe('made after');
  });

  it('a holder that is slow is succeeded after its lease, and its value, when it comes, is too late', async () => {
    const { all, loads } = await crowd(2, { lease: 300 });
    const slow = all[0].call('getOrSet', 'k', { ms: 1500, value: 'slow' });
    await until(() => sum(loads()) === 1);
    const begun = Date.now();
    expect(await all[1].call('getOrSet', 'k', { value: 'quick' })).toBe('quick');
    expect(Date.now() - begun).toBeGreaterThan(100);
    expect(await slow).toBe('slow');
    expect([await all[0].call('call', 'get', 'k'), sum(loads())]).toEqual(['quick', 2]);
  });

  it('a slow holder that nobody succeeded stores its value', async () => {
    const { all } = await crowd(2, { lease: 50 });
    expect(await all[0].call('getOrSet', 'k', { ms: 200, value: 'slow' })).toBe('slow');
    expect(await all[1].call('call', 'get', 'k')).toBe('slow');
  });

  it('a holder that was stopped and goes on does not undo what came meanwhile', async () => {
    const { all, loads } = await crowd(2, { lease: 200 });
    const stopped = all[0].call('getOrSet', 'k', { ms: 50, value: 'of before' });
    await until(() => sum(loads()) === 1);
    process.kill(all[0].pid, 'SIGSTOP');
    expect(await all[1].call('getOrSet', 'k', { value: 'newer' })).toBe('newer');
    process.kill(all[0].pid, 'SIGCONT');
    expect(await stopped).toBe('of before');
    expect(await all[0].call('call', 'get', 'k')).toBe('newer');
  });

  it('an error goes to those who wait in other processes, with its name and code, and the next call loads again', async () => {
    const { all, loads } = await crowd(3);
    const first = all[0].call('getOrSet', 'k', { ms: 300, error: 'down' });
    await until(() => sum(loads()) === 1);
    const others = [all[1], all[2]].map((one) => one.call('getOrSet', 'k', { value: 'never' }));
    const rejected = { rejected: 'down', code: 'E_LOAD', name: 'RangeError' };
    expect(await Promise.all([first, ...others])).toEqual([rejected, rejected, rejected]);
    expect(sum(loads())).toBe(1);
    expect(await all[1].call('getOrSet', 'k', { value: 'up' })).toBe('up');
  });

  it('null is an answer too, though it is not kept', async () => {
    const { all, loads } = await crowd(3);
    const first = all[0].call('getOrSet', 'k', { ms: 300, value: null });
    await until(() => sum(loads()) === 1);
    expect(await Promise.all([first, ...[all[1], all[2]].map((one) => one.call('getOrSet', 'k', { value: 'never' }))])).toEqual([null, null, null]);
    expect(sum(loads())).toBe(1);
  });

  it('a value too large to be kept is given to those who wait in other processes too: they make it', async () => {
    const { all, loads } = await crowd(3, { maxSize: '1mb' });
    const large = { ms: 300, value: 'x'.repeat(2 ** 21) };
    const first = all[0].call('getOrSet', 'k', large);
    await until(() => sum(loads()) === 1);
    const others = [all[1], all[2]].map((one) => one.call('getOrSet', 'k', large));
    for (const value of await Promise.all([first, ...others])) expect(value).toHaveLength(2 ** 21);
    expect(sum(loads())).toBe(3);
  });

  it('a delete in another process during a load stands', async () => {
    const { all, loads } = await crowd(2);
    const before = all[0].call('getOrSet', 'k', { ms: 300, value: 'of before' });
    await until(() => sum(loads()) === 1);
    await all[1].call('call', 'delete', 'k');
    expect(await all[1].call('getOrSet', 'k', { value: 'of after' })).toBe('of after');
    expect([await before, await all[0].call('call', 'get', 'k')]).toEqual(['of before', 'of after']);
  });
});

describe('what all processes share', { timeout: 60_000 }, () => {
  it('a stale value is served to all at once, and one of them makes a new one', async () => {
    const { all, loads } = await crowd(4, { ttl: 50, stale: '1h' });
    await all[0].call('call', 'set', 'k', 'old');
    await new Promise((resolve) => setTimeout(resolve, 60));
    const answers = await Promise.all(all.map((one) => one.call('getOrSet', 'k', { ms: 400, value: 'new' }, '1h')));
    expect([answers, sum(loads())]).toEqual([['old', 'old', 'old', 'old'], 1]);
    let now: unknown;
    while (now !== 'new') now = await all[3].call('call', 'get', 'k');
    expect(sum(loads())).toBe(1);
  });

  it('a tag invalidated in one is invalid in all at once', async () => {
    const { all } = await crowd(2);
    for (let round = 0; round < 50; round++) {
      await all[0].call('call', 'set', 'k', round, { tags: ['t'] });
      expect(await all[1].call('call', 'get', 'k')).toBe(round);
      await all[1].call('call', 'invalidateTag', 't');
      expect(await all[0].call('call', 'get', 'k')).toBeUndefined();
    }
  });

  it('of many who take an entry one gets it', async () => {
    const { all } = await crowd(4);
    for (let round = 0; round < 20; round++) {
      await all[0].call('call', 'set', 'k', 'it');
      const taken = await Promise.all(all.map((one) => one.call('call', 'take', 'k')));
      expect(taken.filter((value) => value === 'it')).toHaveLength(1);
    }
  });

  it('counts: every process tells those of all, of the living, the closed and the killed', async () => {
    const { all } = await crowd(3, { statsInterval: 20 });
    await all[0].call('call', 'set', 'k', 1);
    for (const [i, one] of all.entries()) for (let n = 0; n <= i; n++) await one.call('call', 'get', 'k');
    const seen = async (one: OtherProcess) => (await one.call('stats')).all.hits;
    while ((await seen(all[0])) !== 6) await new Promise((resolve) => setTimeout(resolve, 10));
    await all[2].kill();
    await all[1].call('call', 'close');
    expect(await seen(all[0])).toBe(6);
    await all[0].call('call', 'get', 'k');
    expect(await seen(all[0])).toBe(7);
  });
});

it('a process that ends without close has told its counts', { timeout: 60_000 }, async () => {
  const { path, all } = await crowd(1);
  const source = `
    import { MapstoneCache } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const cache = new MapstoneCache({ path: ${JSON.stringify(path)} });
    for (let i = 0; i < 5; i++) cache.get('x');`;
  execFileSync(process.execPath, ['--input-type=module', '-e', source]);
  expect((await all[0].call('stats')).all.misses).toBe(5);
});

it('a worker thread that is terminated as it makes a value is succeeded at once', { timeout: 60_000 }, async () => {
  const { path, all, loads } = await crowd(1, { lease: '1h' });
  const source = `
    import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}).then(({ MapstoneCache }) => {
      const cache = new MapstoneCache({ path: ${JSON.stringify(path)}, maxSize: '32mb' });
      cache.getOrSet('k', () => new Promise(() => setInterval(() => {}, 1000)));
      require('node:worker_threads').parentPort.postMessage('loading');
    });`;
  const thread = new Worker(source, { eval: true });
  await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
  const waiting = all[0].call('getOrSet', 'k', { value: 'made after' });
  await thread.terminate();
  expect([await waiting, sum(loads())]).toEqual(['made after', 1]);
});
