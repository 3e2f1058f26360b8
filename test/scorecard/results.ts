// What a run of a row came to: with seed, commit, machine and counts. Full runs, ended or stopped, are kept in docs/reliability.json, which is committed, and of which
// docs/reliability.md is made; short ones in a file each, which are not.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { repo } from '../workspace/toolchain.mjs';
import type { Row, RowResult } from './row.js';

const FOLDER = join(repo, '.cache/scorecard');
const FULL = join(repo, 'docs/reliability.json');
const ENGINE = 'packages/engine/src';

export interface SavedResult extends RowResult {
  id: string;
  /** Cases that were wanted. */
  size: number;
  seed: number;
  /** False if it was stopped before it had tried them all. */
  complete: boolean;
  /** Of all its runs, if it was stopped and gone on with; the figures may be of the last. */
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

/** One that ended, and one that was stopped, of each row at most. */
export function fullResults(): SavedResult[] {
  return existsSync(FULL) ? (JSON.parse(readFileSync(FULL, 'utf8')) as SavedResult[]) : [];
}

const shortFile = (row: Row) => join(FOLDER, `${row.id}.json`);
const asJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

export function saveResult(row: Row, result: SavedResult): void {
  if (result.size < row.full) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(shortFile(row), asJson(result));
    return;
  }
  // A run that was stopped takes the place of none that ended.
  const others = fullResults().filter(({ id, complete }) => id !== row.id || (complete && !result.complete));
  writeFileSync(FULL, asJson([...others, result].sort((a, b) => Number(a.id) - Number(b.id))));
}

/** The last short run. */
export function loadShort(row: Row): SavedResult | undefined {
  return existsSync(shortFile(row)) ? (JSON.parse(readFileSync(shortFile(row), 'utf8')) as SavedResult) : undefined;
}

/** The last full run that ended, or else the one that was stopped. */
export function loadFull(row: Row): SavedResult | undefined {
  const own = fullResults().filter(({ id }) => id === row.id);
  return own.find(({ complete }) => complete) ?? own[0];
}

/** A full run that was stopped, and can be gone on with: with the same seed, and the engine as it was. */
export function loadStopped(row: Row, seed: number, engine: string): SavedResult | undefined {
  const isSame = (one: SavedResult) => one.seed === seed && one.size === row.full && one.engine === engine && !engine.endsWith('+');
  return fullResults().find((one) => one.id === row.id && !one.complete && one.next !== undefined && one.failures.length === 0 && isSame(one));
}

/** Whether it has nothing left to try. */
export function isEnded(row: Row, result: SavedResult): boolean {
  return result.complete && result.size >= row.full;
}
