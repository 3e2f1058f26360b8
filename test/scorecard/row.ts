// What a row of the scorecard is: one claim about crash safety, and the test that counts how often it was tried and how often it failed.

export interface Row {
  /** The number in the table. */
  readonly id: string;
  readonly title: string;
  /** What is counted: `cuts`, `kills`, `operations`. */
  readonly unit: string;
  /** Cases in every run of the tests, and in the full run. */
  readonly ci: number;
  readonly full: number;
  /** What must come out, in the words of the table. */
  readonly mustBe: string;
  /** Runs in a worker thread, from the command line, and in vitest. Never throws for what it tests: that is a failure. */
  run(context: RowContext): Promise<RowResult>;
  /** Runs again what a failure named after `--replay`. */
  replay?(what: string): Promise<RowResult>;
}

export interface RowContext {
  readonly seed: number;
  /** Cases wanted, those of earlier runs among them. A row may try some more, to end a run that it has begun. */
  readonly size: number;
  /** What an earlier run that was stopped had tried: the row goes on from there, and counts it. */
  readonly earlier?: Earlier;
  /** One failure is enough, and need not be shrunk: nobody will read it. */
  readonly untilFirst?: boolean;
  /** Tells how many cases are done so far, for the progress. Cheap enough for every case. */
  done(cases: number): void;
  /** Whether somebody pressed Ctrl-C: then the row returns what it has. Works without a turn of the event loop. */
  stopped(): boolean;
}

export interface Earlier {
  cases: number;
  /** What its result said. */
  next: number;
}

export interface RowResult {
  /** Cases that were tried. */
  cases: number;
  /** Where a later run goes on, if this one was stopped; a row that does not say begins anew. */
  next?: number;
  /** The first few of them are enough; `failed` counts them all. */
  failures: Failure[];
  failed?: number;
  /** What else is worth a line: a name, and a number or a text. */
  figures: Record<string, number | string>;
  /** Why nothing could be tried here. */
  skipped?: string;
}

export interface Failure {
  seed: number;
  what: string;
  /** The shortest story found that still fails. */
  operations?: string[];
  /** The command that runs it again. */
  replay: string;
}

/** The command that runs a row again: for `Failure.replay`. */
export function replayCommand(id: string, args: string): string {
  return `npm run scorecard -- ${id} ${args}`;
}
