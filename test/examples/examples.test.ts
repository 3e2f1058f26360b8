// Every example runs by itself, in a process of its own, on the built packages, prints what it is there to show, and leaves nothing behind. Needs a build, as `npm test` makes one.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examples, run } from './run.js';

const FOLDERS = ['adapter-template', 'unstorage', 'undici', 'express-session', 'bentocache', 'orm', 'cache'];
const NOT_EXAMPLES = ['main-job.mjs'];

/** What each prints, whole. */
const OUTPUT: Record<string, (string | RegExp)[]> = {
  'keyv-basic.mjs': [
    '{',
    "  name: 'Ada Lovelace',",
    '  born: 1815-12-10T00:00:00.000Z,',
    "  languages: Set(2) { 'English', 'French' }",
    '}',
    "[ { name: 'Grace Hopper' }, undefined ]",
    'has ada: true',
    'after users.clear(): undefined | a compiler',
    /^\{ entries: 1, mapping: '(mmap-io|koffi)', fileSize: \d+ \}$/,
  ],
  'keyv-with-ttl.mjs': [
    'at once: short, default, forever',
    'after a restart: short, default, forever',
    'a second later: default, forever',
    /^default expires in about (5\d|60) s$/,
    'forever expires at Infinity',
    /^default expires in about 3(59\d|600) s$/,
  ],
  'crash-and-reopen.mjs': [
    'the writer was killed with SIGKILL; more than 20,000 sets had returned: true',
    'found as after: process-death',
    'lost: 0, findings of check(): 0',
    /^entries that had not been said to have returned: [01]$/,
  ],
  'clean-exit.mjs': [
    'with-handler: ended with exit code 0, opened as after: clean, entry there: true',
    'without: ended with SIGTERM, opened as after: process-death, entry there: true',
  ],
  'express-session/index.mjs': ['welcome, Ada', 'after kill -9 and a restart: still logged in: Ada', 'another browser: not logged in'],
  'bentocache/index.mjs': [
    'asked by three at once: [ { number: 1 }, { number: 1 }, { number: 1 } ] | made: 1',
    'after a restart: { number: 1 } | made: 1',
    'when its tag was deleted: { number: 2 } | made: 2',
    "the namespace users: { name: 'Ada' }",
  ],
  'undici/index.mjs': [
    'en Good day | asked: 1',
    'de Guten Tag | asked: 2',
    'en Good day | asked: 2',
    'de Guten Tag | asked: 2',
    'after a restart, without the server: Guten Tag',
  ],
  'unstorage/index.mjs': [
    'keys: avatars:ada cache:report cache:token users:ada',
    "user: { name: 'Ada Lovelace' }",
    'avatar: not really a picture',
    /^the token has about (59|60) seconds left$/,
    'when the cache is cleared: avatars:ada users:ada',
  ],
  'cache/ttl-cache.mjs': [
    'asked twice: { id: 7, query: 1 } { id: 7, query: 1 }',
    'taken: 123456 | taken again: undefined',
    'after a restart: { id: 7, query: 1 } | minutes left: over 50',
    'when its tag was invalidated: { id: 7, query: 2 }',
    'when its time was over: undefined',
    /^40 MB were stored, the file has 1[56][.\d]* MiB; entries went for it: true$/,
  ],
  'cache/http-cache-cluster.mjs': [/^40 requests at once, answered by [2-4] workers: the page \/news$/, 'the upstream was asked: /news'],
  'cache/stale-while-revalidate.mjs': [
    'nothing there: number 1, after a while',
    'fresh: number 1, at once',
    'stale: number 1, at once',
    'refreshed meanwhile: number 2, at once',
    'stale, and the bank closed: number 2, at once',
    '(rates was not refreshed: the bank is closed)',
    'still: number 2, at once',
    '(rates was not refreshed: the bank is closed)',
  ],
  'cache/nest-cache.mjs': [
    'one instance: {"report":"today","made":1} | another: {"report":"today","made":1}',
    'after a restart: {"report":"today","made":1}',
    'when it was deleted: {"report":"today","made":2}',
  ],
  'cache/rate-limit.mjs': ['100 requests by 4 processes, allowed: 10', 'one more: false | another user: true'],
  'cache/opentelemetry.mjs': [
    'cache.requests {"cache":"app","result":"hits"} 2',
    'cache.requests {"cache":"app","result":"misses"} 2',
    'cache.requests {"cache":"app","result":"stale"} 0',
    'cache.requests {"cache":"app","result":"coalesced"} 0',
    'cache.loads {"cache":"app"} 2',
    'cache.live_bytes {"cache":"app"} over 0: true',
  ],
  'orm/typeorm.mjs': [
    "[ { id: 1, name: 'Ada Lovelace', born: '1815-12-10' } ]",
    'asked twice, queries: 1',
    'asked after a restart, queries: 1',
    'after a write and remove(): 2 users, queries: 2',
  ],
  'orm/mikro-orm.mjs': [
    'asked before and after a restart, queries: 1',
    'still a Date: true 1815 | still null: null',
    'after a write and clearCache(): 1 author, queries: 2',
  ],
  'orm/drizzle.mjs': [
    'asked twice, queries: 1 | still a Date: true',
    'after an insert: 2 users, queries: 2',
    'after SQL of its own: 2 users',
    'after invalidate(): 3 users',
  ],
  'cluster.mjs': [
    '8 requests for one report: answered by 4 workers, made 1 time',
    'a worker was killed and another took its place; 100 reports asked again: 100 were there, also its own: true',
  ],
  'worker-threads.mjs': ['3 threads wrote 29998 entries; the main thread finds 3245 primes in them', 'by thread: 10000, 9999, 9999'],
  'cron-and-web.mjs': [
    'web: more than 5 lists seen: true, lists seen half: 0',
    'web: more than 5 lists seen: true, lists seen half: 0',
    'all ended well: true',
    'price:7 now: { list: 200, cents: 20007 }',
  ],
  'adapter-template/index.mjs': [
    'three asked at once, the report was made 1 time: { number: 1, rows: [ 1, 2, 3 ] }',
    'asked again, it was made 1 time',
    "reports cleared: undefined | people: { name: 'Ada' }",
  ],
};

const programs = (folder: string) => readdirSync(join(examples, folder)).filter((name) => name.endsWith('.mjs'));

describe('examples', { timeout: 120_000 }, () => {
  test.each(Object.entries(OUTPUT))('%s prints what it shows', async (name, expected) => {
    const lines = (await run([join(examples, name)])).trimEnd().split('\n');
    expect(lines).toEqual(expected.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
  });

  test('adapter-template: its own tests pass', async () => {
    expect(await run(['--test', '--test-reporter=tap', join(examples, 'adapter-template/adapter.test.mjs')])).toMatch(/^# pass 3\d\n# fail 0$/m);
  });

  test('there is none that no test runs, and none is longer than 60 lines', () => {
    const all = [
      ...programs('').filter((name) => !NOT_EXAMPLES.includes(name)),
      ...FOLDERS.flatMap((folder) => programs(folder).map((name) => `${folder}/${name}`)),
    ];
    expect(all.filter((name) => readFileSync(join(examples, name), 'utf8').trimEnd().split('\n').length > 60)).toEqual([]);
    const parts = ['adapter.mjs', 'adapter.test.mjs', 'open.mjs'].map((name) => `adapter-template/${name}`);
    expect(all.filter((name) => OUTPUT[name] === undefined).sort()).toEqual(parts);
  });
});
