// Draws what layout.ts names as boxes 8 bytes wide: so that FORMAT.md can not say where a field lies in words of its own.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Field {
  name: string;
  word: number;
  words: number;
}

const source = readFileSync(fileURLToPath(new URL('../../packages/engine/src/layout.ts', import.meta.url)), 'utf8');
const HALF = 24;
const RULER = `+${'-'.repeat(HALF)}+${'-'.repeat(HALF)}+`;

/** The fields of a structure of layout.ts, with their lengths as its comments tell them: one word, `double`, or `N words`. */
export function fieldsOf(structure: string): { fields: Field[]; words: number } {
  const body = new RegExp(`export const ${structure} = \\{(.*?)\\} as const`, 's').exec(source)?.[1];
  if (body === undefined) throw new Error(`layout.ts has no ${structure}`);
  const entries = [...body.matchAll(/(\w+): (\d+),?(?: \/\/ (.*))?/g)].map(([, name, word, comment = '']) => ({ name, word: Number(word), comment }));
  const fields = entries.filter(({ name }) => !/^(|HEADER_)WORDS$/.test(name)).sort((a, b) => a.word - b.word);
  const end = entries.find(({ name }) => name === 'WORDS')?.word;
  return {
    words: end ?? lengthOf(fields.at(-1) as (typeof fields)[0], undefined) + (fields.at(-1)?.word ?? 0),
    fields: fields.map((field, i) => ({ name: field.name, word: field.word, words: lengthOf(field, fields[i + 1]?.word) })),
  };
}

function lengthOf({ name, comment }: { name: string; comment: string }, next: number | undefined): number {
  if (comment.startsWith('double')) return 2;
  const said = /^(\d+) words/.exec(comment);
  if (said) return Number(said[1]);
  // Two durable slots, and two steps, of a structure each.
  if (/^SLOT_\d$/.test(name)) return fieldsOf('Slot').words;
  if (name === 'STEPS') return 2 * fieldsOf('Step').words;
  if (name === 'SLOTS' && next === undefined) return 14;
  return 1;
}

/** A box for each field, in rows of 8 bytes, with byte offsets on the left. */
export function draw(structure: string): string {
  const { fields, words } = fieldsOf(structure);
  const parts: Field[] = [];
  let at = 0;
  for (const field of [...fields, { name: '', word: words, words: 0 }]) {
    if (at < field.word && at % 2 === 1) parts.push({ name: '', word: at++, words: 1 });
    if (field.word - at > 1) parts.push({ name: '', word: at, words: (field.word - at) & ~1 });
    if ((field.word - at) % 2 === 1) parts.push({ name: '', word: field.word - 1, words: 1 });
    if (field.words > 0) parts.push(field);
    at = field.word + field.words;
  }
  const lines = [`${' '.repeat(5)}${'0'.padEnd(HALF + 1)}4${' '.repeat(HALF)}8`];
  let row: Field[] = [];
  const flush = (): void => {
    if (row.length === 0) return;
    const whole = row[0].words > 1;
    const cell = (field: Field | undefined, width: number): string => ` ${label(field)}`.padEnd(width);
    const inner = whole ? cell(row[0], 2 * HALF + 1) : `${cell(row[0], HALF)}|${cell(row[1], HALF)}`;
    lines.push(`${String(row[0].word * 4).padStart(4)} ${RULER}`, `     |${inner}|`);
    row = [];
  };
  for (const part of parts) {
    if (part.words > 1) flush();
    row.push(part);
    if (part.words > 1 || row.length === 2) flush();
  }
  flush();
  lines.push(`${String(words * 4).padStart(4)} ${RULER}`);
  return lines.join('\n');
}

function label(field: Field | undefined): string {
  const name = field?.name || '-';
  return field !== undefined && field.words > 2 ? `${name} (${field.words * 4} bytes)` : name;
}
