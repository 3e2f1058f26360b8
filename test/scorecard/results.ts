// What a run of a row came to, as a file each: with seed, commit, machine and counts. Not committed; docs/reliability.md keeps the last full run.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { repo } from '../workspace/toolchain.mjs';
import type { Row, RowResult } from './row.js';

const FOLDER = join(repo, '.cache/scorecard');
const ENGINE = 'packages/engine/src';

export interface SavedResult extends RowResult {
  id: string;
  /** Cases that were wanted. */
  size: number;
  seed: number;
  /** False if it was stopped before it had tried them all. */
  complete: boolean;
  seconds: number;
  /** ISO 8601, UTC. */
  ended: string;
  commit: string;
  /** The last commit that changed the engine; `+` after it says: and changes that were not committed. */
  engine: string;
  node: string;
  machine: string;
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: repo, encoding: 'utf8' }).trim();
}

export function engineCommit(): string {
  const changed = git('status', '--porcelain', '--', ENGINE) !== '';
  return git('log', '-1', '--format=%h', '--', ENGINE) + (changed ? '+' : '');
}

export function circumstances(): Pick<SavedResult, 'commit' | 'engine' | 'node' | 'machine'> {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    commit: git('rev-parse', '--short', 'HEAD'),
    engine: engineCommit(),
    node: process.version,
    machine: `${process.platform} ${release().split('-')[0]} ${process.arch}, ${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}, ${memory}`,
  };
}

/** Full runs have a file of their own: a short one does not write over them. */
const fileOf = (row: Row, isFull: boolean) => join(FOLDER, `${row.id}${isFull ? '.full' : ''}.json`);

export function saveResult(row: Row, result: SavedResult): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(row, result.size >= row.full), `${JSON.stringify(result, undefined, 2)}\n`);
}

export function loadResult(row: Row, isFull: boolean): SavedResult | undefined {
  const file = fileOf(row, isFull);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SavedResult) : undefined;
}

export function isFull(row: Row, result: SavedResult): boolean {
  return result.complete && result.size >= row.full;
}
