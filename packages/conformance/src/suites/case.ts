// One test: its name, what the adapter needs for it, and what it does in a room and under a clock of its own.
import type { Clock } from '../clock.js';
import type { Optional } from '../options.js';
import type { Room } from '../room.js';

export interface Case {
  name: string;
  /** Without one of these the test is skipped. */
  needs?: readonly Optional[];
  run(room: Room, clock: Clock): Promise<void>;
}
