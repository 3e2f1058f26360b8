// Row 5: power cuts of a real file system. A writer works on an ext4 in an image; the image is copied while it does, which is what its disk would hold if the
// power went; the copy is mounted (ext4 replays its journal) and the store in it opened. Sometimes at the very path of the first one, in the same boot.

import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../packages/engine/src/index.js';
import { whyNoMount } from '../../support/mounts.js';
import { random } from '../../support/simulated-mapping.js';
import { flushedPrefix, Killed, type Model } from '../kill/killed.js';
import { type Failure, type Row, type RowContext, type RowResult, replayCommand } from '../row.js';

const IMAGE_BYTES = 24 * 2 ** 20;
/** Cuts of one writer's life. */
const CUTS_PER_LIFE = 5;
/** Operations that may have happened and were not heard of when the writer was stopped. */
const UNHEARD = 20_000;

const mount = (image: string, at: string) => execFileSync('mount', ['-o', 'loop', image, at], { stdio: 'pipe' });
const unmount = (at: string) => execFileSync('umount', [at], { stdio: 'pipe' });

/** Why nothing can be tried here. */
function whyNot(directory: string): string | undefined {
  const why = whyNoMount();
  if (why !== undefined) return why;
  try {
    makeImage(join(directory, 'probe'));
    mkdirSync(join(directory, 'probed'));
    mount(join(directory, 'probe'), join(directory, 'probed'));
    unmount(join(directory, 'probed'));
    return undefined;
  } catch (error) {
    return `no ext4 on a loop device: ${((error as { stderr?: Buffer }).stderr ?? (error as Error).message).toString().trim()}`;
  }
}

function makeImage(path: string): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, IMAGE_BYTES);
  closeSync(file);
  execFileSync('mkfs.ext4', ['-q', '-F', path], { stdio: 'pipe' });
}

/** Device, inode and mount id of a file: what can equal for another disk that is mounted at the same path. */
function fingerprint(path: string, at: string): string {
  const { dev, ino } = statSync(path);
  const line = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((one) => one.split(' ')[4] === at);
  return `device ${dev} inode ${ino} mount ${line?.split(' ')[0]}`;
}

/** Stops every thread of a process; none is inside a system call then. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const state = (task: string) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1'))?.[1];
  while (!readdirSync(`/proc/${pid}/task`).every((task) => state(task) === 'T')) await new Promise((resolve) => setImmediate(resolve));
}

class Ext4Cuts {
  readonly failures: Failure[] = [];
  readonly figures: Record<string, number> = {
    'at another path': 0,
    'at the same path': 0,
    'there device, inode and mount id were equal': 0,
    'cuts that fell into a write, not counted': 0,
  };
  cases: number;
  failed = 0;
  private readonly context: RowContext;
  private readonly directory: string;
  private readonly next: () => number;

  constructor(context: RowContext, directory: string) {
    this.context = context;
    this.directory = directory;
    this.cases = context.earlier?.cases ?? 0;
    this.next = random(context.seed + this.cases * 7919);
    for (const name of ['disk', 'other']) mkdirSync(join(directory, name));
  }

  get isOver(): boolean {
    return this.cases >= this.context.size || this.context.stopped();
  }

  /** One writer on a fresh disk: some cuts while it lives, and one after which its disk is replaced by what the cut left. */
  async life(): Promise<void> {
    const at = (name: string) => join(this.directory, name);
    const seed = Math.floor(this.next() * 2 ** 31);
    makeImage(at('image'));
    mount(at('image'), at('disk'));
    const writer = new Killed(join(at('disk'), 'store'), 'koffi', seed);
    try {
      for (let cut = 1; cut <= CUTS_PER_LIFE && !this.isOver; cut++) {
        await writer.hasSaid(writer.said + 1 + Math.floor(this.next() * 400));
        const said = writer.said;
        await freeze(writer.child.pid as number);
        const isWhole = this.copyImage(at('image'), at('cut'));
        const isLast = cut === CUTS_PER_LIFE;
        const before = isLast ? fingerprint(join(at('disk'), 'store'), at('disk')) : '';
        if (!isLast) process.kill(writer.child.pid as number, 'SIGCONT');
        else {
          await writer.kill();
          unmount(at('disk'));
        }
        if (!isWhole) {
          this.figures['cuts that fell into a write, not counted']++;
          continue;
        }
        this.look(isLast ? at('disk') : at('other'), seed, said, before);
      }
    } finally {
      await writer.kill();
      try {
        unmount(at('disk'));
      } catch {
        // The last cut has done so.
      }
    }
  }

  /** Copies until two copies are the same: what the kernel writes in between would make a state that no disk was ever in. */
  private copyImage(from: string, to: string): boolean {
    for (let attempt = 0; attempt < 4; attempt++) {
      copyFileSync(from, to);
      if (readFileSync(from).equals(readFileSync(to))) return true;
    }
    return false;
  }

  private look(at: string, seed: number, said: number, before: string): void {
    const isSamePath = before !== '';
    mount(join(this.directory, 'cut'), at);
    let wrong: string | undefined;
    try {
      const path = join(at, 'store');
      if (isSamePath && fingerprint(path, at) === before) this.figures['there device, inode and mount id were equal']++;
      wrong = this.compare(path, seed, said);
    } catch (error) {
      wrong = error instanceof Error ? error.stack : String(error);
    }
    unmount(at);
    this.figures[isSamePath ? 'at the same path' : 'at another path']++;
    this.context.done(++this.cases);
    if (wrong === undefined || ++this.failed > 20) return;
    const what = `a writer of seed ${seed}, cut after ${said} operations, opened at ${isSamePath ? 'the same' : 'another'} path: ${wrong}`;
    this.failures.push({ seed: this.context.seed, what, replay: replayCommand('5', `--seed ${this.context.seed} --size ${this.context.size}`) });
  }

  private compare(path: string, seed: number, said: number): string | undefined {
    const store = openStore(path, { mapping: 'koffi', segmentSize: 4096, flush: 'manual' });
    try {
      const { recovery } = store.stats();
      if (recovery !== 'power-cut') return `it was opened as after '${recovery}'`;
      const [finding] = store.check();
      if (finding !== undefined) return `check() finds ${finding.invariant}: ${finding.message}`;
      const found: Model = new Map(store.entries() as Iterable<[string, string]>);
      if (flushedPrefix(found, seed, said, said + UNHEARD) !== undefined) return undefined;
      return `its ${found.size} entries are those of no moment from the last flush that had returned on`;
    } finally {
      store.close();
    }
  }
}

export const ext4Cuts: Row = {
  id: '5',
  title: 'power cuts of a real ext4, also at the same path in the same boot',
  unit: 'cuts',
  ci: 20,
  full: 500,
  mustBe: 'a flush state, not older than the last flush that returned; never taken for memory that is intact',

  async run(context: RowContext): Promise<RowResult> {
    const directory = mkdtempSync(join(tmpdir(), 'mapstone-ext4-'));
    try {
      const skipped = whyNot(directory);
      if (skipped !== undefined) return { cases: 0, failures: [], figures: {}, skipped };
      const tried = new Ext4Cuts(context, directory);
      while (!tried.isOver) await tried.life();
      const { cases, failures, failed, figures } = tried;
      return { cases, next: cases, failures, failed, figures };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
