// The two locks of a flush: the writer's, for as long as it captures, and the flusher's, until it is complete. While another opener flushes the writer lock is given back,
// for a large flush takes seconds.

import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../errors.js';
import { patiently } from '../file/patience.js';
import type { Core } from '../store/core.js';

/** Milliseconds between two looks at whether another opener's flush has ended. */
const LOOK_AGAIN = 2;

export class FlushLocks {
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  /** Takes both. Throws `ERR_STORE_BUSY`. */
  take(): void {
    if (!patiently(this.core.busyTimeout, () => this.tryBoth())) throw this.busy();
  }

  /**
   * Takes both, leaving the thread free meanwhile, and captures; false if the store was closed, before or meanwhile. The writer lock is given back before anything is awaited:
   * whatever else this thread runs may write.
   */
  async captureAside<T>(capture: () => T): Promise<T | false> {
    const { core } = this;
    for (let end = performance.now() + core.busyTimeout; ; await sleep(LOOK_AGAIN)) {
      if (core.closed) return false;
      core.assertWritable();
      if (this.tryBoth()) {
        try {
          return capture();
        } finally {
          core.lock.release();
        }
      }
      if (performance.now() >= end) throw this.busy();
    }
  }

  private tryBoth(): boolean {
    const { lock, flushLock } = this.core;
    if (flushLock.isTaken) return false;
    lock.acquire();
    if (flushLock.tryAcquire()) return true;
    lock.release();
    return false;
  }

  private busy(): StoreError {
    const { core } = this;
    const { path } = core.space.file;
    const why = `another process has been flushing for ${core.busyTimeout} ms: the disk is slow, or it is paused; try again, or raise busyTimeout`;
    return new StoreError('ERR_STORE_BUSY', `${path} is busy: ${why}`, { path });
  }
}
