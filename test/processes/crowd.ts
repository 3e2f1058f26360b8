// A crowd: processes or threads that share one store, each of them reading, writing and judging (member.mjs). Starts them, kills some if asked to, and looks at what is left.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { openStore, type Store } from '../../packages/engine/src/index.js';
import { random } from '../support/random.js';
import { Board, Count, OWNED } from './board.mjs';
import { History, kindOf, ownedKey, STABLE, stableKey, stableValue } from './history.mjs';

const MEMBER = new URL('./member.mjs', import.meta.url);
const LOOK_MS = 20;
/** After each so many deaths the watcher checks the file: it may be the one that takes the dead writer's lock, and what that left half done is not written over yet. */
const CHECK_EVERY = 3;
/** Members that stand still for so long have hung. */
const HANG_MS = 60_000;

export interface CrowdOptions {
  members: number;
  threads?: boolean;
  seed: number;
  /** Writes for each 100 reads. */
  writes: number;
  /** By member; default: what the engine chooses. */
  mappings?: readonly (string | undefined)[];
  /** Kills a random member that has the store open each so many milliseconds, and starts another in its place. Processes only. */
  killEvery?: number;
  /** Whether it has gone on for long enough. Called every few milliseconds. */
  enough(counts: Counts): boolean;
}

export interface Counts {
  reads: number;
  kills: number;
}

export interface CrowdResult extends Counts {
  writes: number;
  batches: number;
  walks: number;
  repairs: number;
  retries: number;
  lockWaits: number;
  cacheHits: number;
  /** Writes that took the lock from a dead holder, µs: how long they took, and how much of that came after the holder was last known to be alive. */
  takeOvers: { whole: number; afterDeath: number }[];
  /** What was wrong; empty if nothing. */
  wrong: string[];
}

interface Member {
  number: number;
  /** It has the store open. */
  open: boolean;
  process?: ChildProcess;
  ended: Promise<void>;
}

/** Runs a crowd in a directory of its own, until it is enough or something is wrong. */
export async function runCrowd(options: CrowdOptions): Promise<CrowdResult> {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-crowd-'));
  try {
    return await runIn(join(directory, 'store'), options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runIn(path: string, options: CrowdOptions): Promise<CrowdResult> {
  const { seed, members: count, killEvery } = options;
  fill(path);
  const board = Board.create(`${path}.board`);
  // Neither reads nor writes: it keeps the session's counts when all others die at once.
  const watcher = openStore(path, { flush: 'manual' });
  const wrong: string[] = [];
  const next = random(seed);
  const start = (number: number) => startMember(number, path, options, wrong);
  const members = Array.from({ length: count }, (_, number) => start(number));
  let kills = 0;
  let killAt = performance.now();
  let moved = { reads: 0, at: performance.now() };
  for (;;) {
    await wait(LOOK_MS);
    const reads = board.sum(Count.READS);
    const now = performance.now();
    if (wrong.length > 0 || board.stopped || options.enough({ reads, kills })) break;
    if (reads > moved.reads) moved = { reads, at: now };
    else if (now - moved.at > HANG_MS) {
      wrong.push(`no member has read anything for ${HANG_MS} ms`);
      break;
    }
    if (killEvery === undefined || now < killAt) continue;
    killAt = now + killEvery;
    // Of those that have the store open, and never the last of them: somebody must notice.
    const open = members.filter((member) => member.open);
    if (open.length < 2) continue;
    const at = open[Math.floor(next() * open.length)].number;
    members[at].process?.kill('SIGKILL');
    await members[at].ended;
    if (++kills % CHECK_EVERY === 0) for (const finding of watcher.check()) wrong.push(`after ${kills} deaths check() finds ${JSON.stringify(finding)}`);
    members[at] = start(at);
  }
  board.stop();
  await Promise.all(members.map((member) => endOf(member, wrong)));
  const result = {
    kills,
    reads: board.sum(Count.READS),
    writes: board.sum(Count.WRITES),
    batches: board.sum(Count.BATCHES),
    walks: board.sum(Count.WALKS),
    retries: board.sum(Count.RETRIES),
    lockWaits: board.sum(Count.LOCK_WAITS),
    cacheHits: board.sum(Count.CACHE_HITS),
    takeOvers: board.takeOvers(),
    wrong,
  };
  try {
    const repairs = watcher.stats().repairs.all;
    watcher.close();
    lookAtTheRest(path, board, count, wrong);
    return { ...result, repairs };
  } finally {
    board.close();
  }
}

function fill(path: string): void {
  const store = openStore(path, { segmentSize: 16_384, flush: 'manual' });
  store.setMany(Array.from({ length: STABLE }, (_, i) => ({ key: stableKey(i), value: stableValue(i) })));
  store.close();
}

function startMember(number: number, path: string, { threads, members, seed, writes, mappings }: CrowdOptions, wrong: string[]): Member {
  const mapping = mappings?.[number % mappings.length];
  const data = { path, member: number, members, seed, writes, mapping, objectCache: number % 2 === 1 };
  if (threads) {
    const worker = new Worker(MEMBER, { workerData: data, execArgv: [] });
    worker.on('error', (error) => wrong.push(error.message));
    return { number, open: false, ended: new Promise((resolve) => worker.once('exit', () => resolve())) };
  }
  const child = spawn(process.execPath, [fileURLToPath(MEMBER), JSON.stringify(data)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complained = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
    member.open = true;
  });
  child.stderr.on('data', (chunk) => (complained += chunk));
  const ended = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      if (said.includes('wrong ')) wrong.push(JSON.parse(said.slice(said.indexOf('wrong ') + 6)) as string);
      else if (code !== 0 && signal !== 'SIGKILL') wrong.push(`member ${number} ended with ${code ?? signal}: ${complained}`);
      resolve();
    });
  });
  const member: Member = { number, open: false, process: child, ended };
  return member;
}

async function endOf(member: Member, wrong: string[]): Promise<void> {
  const late = wait(HANG_MS, 'late' as const, { ref: false });
  if ((await Promise.race([member.ended, late])) !== 'late') return;
  wrong.push(`member ${member.number} did not stop`);
  member.process?.kill('SIGKILL');
}

/** When all have gone: everything that had returned is there, and the file is sound. */
function lookAtTheRest(path: string, board: Board, members: number, wrong: string[]): void {
  const store: Store = openStore(path, { flush: 'manual' });
  try {
    const judge = (look: () => void) => {
      try {
        look();
      } catch (error) {
        wrong.push(`when all had gone: ${(error as Error).message}`);
      }
    };
    const history = new History(board);
    for (let i = 0; i < STABLE; i++) judge(() => history.readStable(store, i));
    for (let member = 0; member < members; member++) {
      for (let i = 0; i < OWNED; i++) {
        judge(() => history.readOwned(store, member, i));
        const n = board.lastReturned(member, i);
        if (n > 0 && n === board.lastStarted(member, i) && kindOf(i, n) === 'delete' && store.has(ownedKey(member, i))) {
          wrong.push(`${ownedKey(member, i)} was deleted, and is there`);
        }
      }
    }
    judge(() => history.walk(store));
    for (const finding of store.check()) wrong.push(`check(): ${JSON.stringify(finding)}`);
  } finally {
    store.close();
  }
}
