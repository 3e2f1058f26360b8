// Whether this process may mount file systems of its own: a row that needs it is skipped by name where it may not.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why a tmpfs can't be mounted here; `undefined` if it can. */
export function whyNoMount(): string | undefined {
  if (process.platform !== 'linux') return 'it mounts file systems as Linux does';
  if (process.getuid?.() !== 0) return 'mounting a file system needs root';
  const place = mkdtempSync(join(tmpdir(), 'mapstone-mount-'));
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { encoding: 'utf8' });
  if (status === 0) spawnSync('umount', ['-l', place]);
  rmdirSync(place);
  return status === 0 ? undefined : `this root may not mount: ${error?.message ?? stderr.trim()}`;
}
