// The table on the terminal and the one in docs/reliability.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import pc from 'picocolors';
import { repo } from '../workspace/toolchain.mjs';
import { isFull, type SavedResult } from './results.js';
import type { Failure, Row } from './row.js';

const DOCUMENT = join(repo, 'docs/reliability.md');
const HEAD = ['#', 'test', 'tried', 'failed', 'must be', 'seed', 'engine', 'Node', 'took', 'ended (UTC)'];

const count = (value: number) => value.toLocaleString('en');
export const failedOf = (result: SavedResult): number => Math.max(result.failed ?? 0, result.failures.length);

function took(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function spellFailure(failure: Failure): string {
  const operations = failure.operations === undefined ? [] : ['  operations:', ...failure.operations.map((one) => `    ${one}`)];
  return [`seed ${failure.seed}: ${failure.what}`, ...operations, `  again: ${failure.replay}`].join('\n');
}

function state(result: SavedResult, engine: string): string {
  const marks: string[] = [];
  if (!result.complete) marks.push('stopped');
  if (result.engine !== engine) marks.push('stale');
  return marks.join(', ');
}

/** Rows with the result of each; `engine` is the commit that the engine is at now. */
export function printTable(results: [Row, SavedResult | undefined][], engine: string): void {
  const table = new Table({
    head: ['#', 'test', 'tried', 'failed', 'must be', 'seed', 'took', 'engine', ''].map((text) => pc.bold(text)),
    colAligns: ['right', 'left', 'right', 'right', 'left', 'right', 'right', 'left', 'left'],
    colWidths: [null, 34, null, null, 34, null, null, null, null],
    wordWrap: true,
    style: { head: [], border: pc.isColorSupported ? ['gray'] : [] },
  });
  for (const [row, result] of results) {
    if (result === undefined) {
      table.push([row.id, row.title, '-', '-', row.mustBe, '', '', '', pc.dim('not run')]);
      continue;
    }
    const failed = failedOf(result);
    const mark = result.skipped === undefined ? state(result, engine) : 'skipped';
    table.push([
      row.id,
      row.title,
      `${count(result.cases)} ${row.unit}`,
      failed > 0 ? pc.red(count(failed)) : pc.green('0'),
      row.mustBe,
      result.seed,
      took(result.seconds),
      result.engine,
      mark === '' ? '' : pc.yellow(mark),
    ]);
  }
  console.log(table.toString());
  for (const [row, result] of results) {
    if (result === undefined) continue;
    const figures = Object.entries(result.figures).map(([name, value]) => `${name} ${typeof value === 'number' ? count(value) : value}`);
    if (figures.length > 0) console.log(`row ${row.id}: ${figures.join(', ')}`);
    if (result.skipped !== undefined) console.log(pc.yellow(`row ${row.id}: skipped, ${result.skipped}`));
    for (const failure of result.failures) console.log(`\n${pc.red(`row ${row.id} failed`)}, ${spellFailure(failure)}`);
  }
}

/** Puts the full runs among `results` into the table of docs/reliability.md. Rows that were not run here keep their line. */
export function writeDocument(results: [Row, SavedResult | undefined][]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [start, end] = ['<!-- scorecard: written by `npm run scorecard -- --full` -->\n', '<!-- end of scorecard -->'];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for the table: put the comments ${start.trim()} and ${end} around it`);
  const lines = new Map(
    text
      .slice(from, to)
      .split('\n')
      .map((line) => [/^\| *(\d+) *\|/.exec(line)?.[1] ?? '', line]),
  );
  for (const [row, result] of results) {
    if (result === undefined || !isFull(row, result)) continue;
    const cells = result.skipped === undefined ? [`${count(result.cases)} ${row.unit}`, `${failedOf(result)}`] : [`skipped: ${result.skipped}`, ''];
    lines.set(
      row.id,
      line([row.id, row.title, ...cells, row.mustBe, `${result.seed}`, result.engine, result.node, took(result.seconds), result.ended.slice(0, 16)]),
    );
  }
  lines.delete('');
  const body = [...lines].sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => one);
  const table = aligned([line(HEAD), ...body]);
  writeFileSync(DOCUMENT, `${text.slice(0, from + start.length)}\n${table}\n${text.slice(to)}`);
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`;

function aligned(lines: string[]): string {
  const cells = lines.map((one) =>
    one
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const widths = cells[0].map((_, i) => Math.max(3, ...cells.map((row) => row[i].length))); // a rule is three dashes at least
  const padded = cells.map((row) => line(row.map((cell, i) => cell.padEnd(widths[i]))));
  padded.splice(1, 0, line(widths.map((width) => '-'.repeat(width))));
  return `${padded.join('\n')}\n`;
}
