// Runs a program as a user would, in a process of its own, and hands back what it printed.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** What it printed on stdout. Throws, with what it printed on stderr, if it does not end with exit code 0, and if it leaves something in its temporary directory. */
export async function run(args: string[], options: { cwd?: string } = {}): Promise<string> {
  const temporary = mkdtempSync(join(tmpdir(), 'mapstone-run-'));
  try {
    const env = { ...process.env, NO_COLOR: '1', TMPDIR: temporary };
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000, ...options, env });
    const left = readdirSync(temporary).filter((name) => name.startsWith('mapstone'));
    if (left.length > 0) throw new Error(`${args.at(-1)} left ${left.join(', ')} behind`);
    return stdout;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
