// The tables that a select reads, from its SQL. Drizzle tells its cache of those in the select's own FROM and JOINs; not of those in a subquery of a condition or
// a column, in a CTE, or in the second select of a union. Too many do no harm: a CTE's name, or the column in `extract(year from "seen")`, is a table that
// nobody writes.

const NAME = '(?:"(?:[^"]|"")+"|`(?:[^`]|``)+`|\\[[^\\]]+\\]|(?!(?:select|with|values|only|lateral)\\b)[\\p{L}_][\\p{L}\\p{N}_$]*)';
const PATH = `${NAME}(?:\\s*\\.\\s*${NAME})*`;
const READ = new RegExp(`\\b(?:from|join)[\\s(]+(?:(?:only|lateral)[\\s(]+)?(${PATH})`, 'giu');
const PART = new RegExp(NAME, 'giu');

/** Named as Drizzle names them to its cache: with the schema where there is one. */
export function tablesIn(sql: string): string[] {
  return [...sql.matchAll(READ)].map(([, path]) => (path.match(PART) as string[]).slice(-2).map(bare).join('.'));
}

function bare(name: string): string {
  const quote = name[0];
  if (quote === '[') return name.slice(1, -1);
  return quote === '"' || quote === '`' ? name.slice(1, -1).replaceAll(quote + quote, quote) : name;
}
