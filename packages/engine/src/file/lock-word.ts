// A lock of all openers: a word in the mapping, taken by compare-and-swap, which names its holder. The writer lock is one, the flusher's another.
// A holder that died is known from the kernel; who finds it so takes over, and repairs. A holder that is alive is waited for, with a bound.

import { StoreError } from '../errors.js';
import * as L from '../layout.js';
import type { Openers } from './openers.js';
import { patiently } from './patience.js';

/** Tries before the first nap. */
const SPINS = 100;

export class LockWord {
  private readonly control: Int32Array;
  private readonly index: number;
  private readonly openers: Openers;
  private readonly path: string;
  private readonly timeout: number;
  /** Nobody else can have the file open: nothing to take. */
  private readonly alone: boolean;
  held = false;
  /** Run before the first nap: what this thread itself keeps others from getting on with. */
  beforeWaiting: () => void = () => undefined;
  /** Run by who takes the lock from a dead holder, before anything else. */
  afterDeath: () => void = () => undefined;

  constructor(control: Int32Array, index: number, openers: Openers, path: string, timeout: number, alone: boolean) {
    this.control = control;
    this.index = index;
    this.openers = openers;
    this.path = path;
    this.timeout = timeout;
    this.alone = alone;
  }

  /** Takes the lock. Throws `ERR_STORE_BUSY` when a living opener does not give it back in time. */
  acquire(): void {
    if (!this.alone && Atomics.compareExchange(this.control, this.index, 0, this.openers.word) !== 0) this.wait();
    this.held = true;
  }

  release(): void {
    this.held = false;
    if (!this.alone) Atomics.store(this.control, this.index, 0);
  }

  /** Takes the lock if it is free, or its holder is dead. */
  tryAcquire(): boolean {
    if (!this.alone && !this.take()) return false;
    this.held = true;
    return true;
  }

  /** Whether a living opener has it, or has had it a moment ago. */
  get isTaken(): boolean {
    const holder = Atomics.load(this.control, this.index);
    return holder !== 0 && this.openers.isAlive(holder);
  }

  private take(): boolean {
    const { control, index, openers } = this;
    const holder = Atomics.compareExchange(control, index, 0, openers.word);
    if (holder === 0) return true;
    if (openers.isAlive(holder)) return false;
    // Of all who find the holder dead one succeeds: the word holds a generation, so it is not another's.
    if (Atomics.compareExchange(control, index, holder, openers.word) !== holder) return false;
    this.inherit();
    return true;
  }

  private inherit(): void {
    this.openers.count(L.Opener.REPAIRS);
    this.held = true;
    try {
      this.afterDeath();
    } catch (error) {
      // Left as it was found, for who comes next.
      this.release();
      throw error;
    }
  }

  private wait(): void {
    const { control, index, openers } = this;
    for (let spin = 0; spin < SPINS; spin++) if (Atomics.compareExchange(control, index, 0, openers.word) === 0) return;
    openers.count(L.Opener.LOCK_WAITS);
    this.beforeWaiting();
    if (patiently(this.timeout, () => this.take())) return;
    const why = `another process holds its lock for ${this.timeout} ms: it is paused, or in a very long operation; try again, or raise busyTimeout`;
    throw new StoreError('ERR_STORE_BUSY', `${this.path} is busy: ${why}`, { path: this.path });
  }
}
