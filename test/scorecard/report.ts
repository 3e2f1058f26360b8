// The table on the terminal, and how a failure and a count are spelt.

import Table from 'cli-table3';
import pc from 'picocolors';
import type { SavedResult } from './results.js';
import type { Failure, Row } from './row.js';

export const count = (value: number) => value.toLocaleString('en');
export const failedOf = (result: SavedResult): number => Math.max(result.failed ?? 0, result.failures.length);

export function took(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `1,000 cuts`; of a run that was stopped, how many were wanted too. */
export function tried(row: Row, result: SavedResult): string {
  return `${count(result.cases)} ${result.complete ? '' : `of ${count(result.size)} `}${row.unit}`;
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
      tried(row, result),
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
