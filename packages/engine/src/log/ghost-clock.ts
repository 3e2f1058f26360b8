// How long the keys of evicted records are remembered: as long as others of so many bytes are evicted as the main queue has. A key that comes back makes room for another.
// In the control block, for all openers; changed under the writer lock.

import type { SegmentFile } from '../file/segment-file.js';
import * as L from '../layout.js';

const { Control } = L;
/** The main queue's share of the file. */
const MAIN_SHARE = 0.9;

export class GhostClock {
  private readonly space: SegmentFile;

  constructor(space: SegmentFile) {
    this.space = space;
  }

  get clock(): number {
    const { space } = this;
    return Math.floor(space.controlDoubles[Control.GHOSTED >> 1] / ((space.capacity * space.segmentBytes * MAIN_SHARE) / L.GHOST_TICKS));
  }

  /** A record of so many bytes was evicted, and its key remembered. */
  add(bytes: number): void {
    const { controlDoubles } = this.space;
    const credit = Math.min(controlDoubles[Control.GHOST_CREDIT >> 1], bytes);
    controlDoubles[Control.GHOST_CREDIT >> 1] -= credit;
    controlDoubles[Control.GHOSTED >> 1] += bytes - credit;
  }

  /** A remembered key came back, with a record of so many bytes. */
  giveBack(bytes: number): void {
    this.space.controlDoubles[Control.GHOST_CREDIT >> 1] += bytes;
  }
}
