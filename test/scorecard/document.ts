// docs/reliability.md: its table and its picture, made of docs/reliability.json and nothing else.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repo } from '../workspace/toolchain.mjs';
import { picture } from './picture.js';
import { failedOf, took, tried } from './report.js';
import { loadFull, type SavedResult } from './results.js';
import type { Row } from './row.js';
import { rows } from './rows/index.js';

export const DOCUMENT = join(repo, 'docs/reliability.md');
export const PICTURE = join(repo, 'docs/reliability.svg');
const START = '<!-- scorecard: written by `npm run scorecard -- --full` -->\n';
const END = '<!-- end of scorecard -->';
const HEAD = ['#', 'test', 'tried', 'failed', 'must be', 'seed', 'engine', 'Node', 'took', 'ended (UTC)'];

/** The rows that have a full run, ended or stopped. */
function shown(): [Row, SavedResult][] {
  return rows.flatMap((row) => {
    const result = loadFull(row);
    return result === undefined ? [] : [[row, result] as [Row, SavedResult]];
  });
}

export function table(): string {
  const lines = shown().map(([row, result]) => {
    const cells = result.skipped === undefined ? [tried(row, result), `${failedOf(result)}`] : [`skipped: ${result.skipped}`, ''];
    return [row.id, row.title, ...cells, row.mustBe, `${result.seed}`, result.engine, result.node, took(result.seconds), result.ended.slice(0, 16)];
  });
  const all = [HEAD, ...lines];
  const widths = HEAD.map((_, i) => Math.max(3, ...all.map((cells) => cells[i].length))); // a rule is three dashes at least
  const [head, ...body] = all.map((cells) => line(cells.map((cell, i) => cell.padEnd(widths[i]))));
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`;

export function drawing(): string {
  return picture(shown());
}

export function writeDocument(): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const from = text.indexOf(START);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for the table: put the comments ${START.trim()} and ${END} around it`);
  writeFileSync(DOCUMENT, `${text.slice(0, from + START.length)}\n${table()}\n\n${text.slice(to)}`);
  writeFileSync(PICTURE, drawing());
}
