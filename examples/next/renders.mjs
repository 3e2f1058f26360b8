// One line in a file for each rendering, whichever process did it.
import { appendFileSync } from 'node:fs';

export function noteRender(what) {
  if (process.env.RENDERS) appendFileSync(process.env.RENDERS, `${what} ${process.pid}\n`);
}
