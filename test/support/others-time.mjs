// How long others had the processor while this thread could have run: what a time that was measured owes to the machine.
import { existsSync, openSync, readSync } from 'node:fs';

const schedstat = existsSync('/proc/thread-self/schedstat') ? openSync('/proc/thread-self/schedstat', 'r') : undefined;
const line = Buffer.alloc(100);

/** Milliseconds since this thread began; 0 where the kernel does not tell. For the thread that loaded this module. */
export function othersTime() {
  if (schedstat === undefined) return 0;
  const length = readSync(schedstat, line, 0, line.length, 0);
  return Number(line.latin1Slice(0, length).split(' ')[1]) / 1e6;
}
