// `npm run scorecard`: runs rows, shows them in a table, saves each result. Nothing is tested here: see rows/.

import { parseArgs } from 'node:util';
import { writeDocument } from './document.js';
import { failedOf, printTable, spellFailure } from './report.js';
import { engineCommit, isEnded, loadFull, loadShort, loadStopped, type SavedResult } from './results.js';
import type { Row } from './row.js';
import { rows } from './rows/index.js';
import { runRow, wasInterrupted } from './run.js';

const USAGE = `npm run scorecard -- [row ...] [options]

Runs the rows of the crash-safety scorecard, all of them or the ones named, at the size that every run of the tests has.

  --full          at the full size; rows that have such a result at this commit of the engine are not run again, and those that were stopped go on
  --size <n>      at this many cases
  --seed <n>      where the randomness starts (1)
  --again         with --full: run again what has a result, from the start
  --list          run nothing, show the results there are
  --replay <what> run again what a failure of one row named
  --help

Results are saved in .cache/scorecard, those of full runs in docs/reliability.json, and shown in docs/reliability.md. Ctrl-C stops and keeps what was tried so far.`;

interface Options {
  full: boolean;
  again: boolean;
  list: boolean;
  size?: number;
  seed: number;
  replay?: string;
  chosen: readonly Row[];
}

function usage(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  process.exit(2);
}

function natural(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : usage(`--${name} takes a whole number, not '${text}'`);
}

function readOptions(): Options {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  let parsed: ReturnType<typeof parse>;
  const parse = () => parseArgs({ allowPositionals: true, options: { full: flag, again: flag, list: flag, help: flag, size: text, seed: text, replay: text } });
  try {
    parsed = parse();
  } catch (error) {
    usage((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const unknown = positionals.filter((id) => !rows.some((row) => row.id === id));
  if (unknown.length > 0) usage(`there is no row ${unknown.join(', ')}; rows are ${rows.map((row) => row.id).join(', ')}`);
  const chosen = positionals.length === 0 ? rows : rows.filter((row) => positionals.includes(row.id));
  if (values.replay !== undefined && (chosen.length !== 1 || chosen[0].replay === undefined)) usage('--replay takes the one row whose failure named it');
  return {
    full: values.full,
    again: values.again,
    list: values.list,
    replay: values.replay,
    size: natural(values.size, 'size'),
    seed: natural(values.seed, 'seed') ?? 1,
    chosen,
  };
}

const { full, again, list, replay, size, seed, chosen } = readOptions();
const engine = engineCommit();

if (replay !== undefined) {
  const result = await runRow(chosen[0], { seed, size: 1, replay });
  for (const [name, value] of Object.entries(result.figures)) console.log(`${name}: ${value}`);
  console.log(result.failures.map(spellFailure).join('\n\n') || 'Nothing fails.');
  process.exit(result.failures.length > 0 ? 1 : 0);
}

const results: [Row, SavedResult | undefined][] = [];
for (const row of chosen) {
  const known = full ? loadFull(row) : (loadShort(row) ?? (list ? loadFull(row) : undefined));
  const isKept = full && !again && known !== undefined && isEnded(row, known) && known.engine === engine && failedOf(known) === 0;
  if (list || isKept || wasInterrupted()) results.push([row, known]);
  else {
    const earlier = full && !again ? loadStopped(row, seed, engine) : undefined;
    results.push([row, await runRow(row, { seed, size: size ?? (full ? row.full : row.ci), earlier })]);
  }
  if (full) writeDocument();
}
printTable(results, engine);
process.exitCode = results.some(([, result]) => result !== undefined && failedOf(result) > 0) ? 1 : 0;
