// The full runs as a picture: a bar for what was tried, a red one for what failed. Counts span eight decades: the scale is logarithmic.

import { failedOf, tried } from './report.js';
import type { SavedResult } from './results.js';
import type { Row } from './row.js';

const WIDTH = 1000;
const [LEFT, RIGHT, TOP, BOTTOM] = [24, 210, 64, 40];
const STEP = 36;
const DECADES = 8;
const TITLE = 'What was tried, and what failed';

const x = (cases: number) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log10(Math.max(1, cases))) / DECADES;
const escaped = (text: string) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`);
const text = (at: number, y: number, what: string, more = '') => `<text x="${at.toFixed(1)}" y="${y}" ${more}>${escaped(what)}</text>`;
const bar = (y: number, cases: number, colour: string) =>
  `<rect x="${LEFT}" y="${y}" width="${Math.max(2, x(cases) - LEFT).toFixed(1)}" height="12" fill="${colour}"/>`;

/** An SVG file. */
export function picture(results: readonly [Row, SavedResult][]): string {
  const bottom = TOP + results.length * STEP;
  const grid = Array.from({ length: DECADES + 1 }, (_, power) => {
    const at = x(10 ** power).toFixed(1);
    const name = (10 ** power).toLocaleString('en');
    return `<path d="M${at} ${TOP - 8}V${bottom}" stroke="#ddd"/>${text(x(10 ** power), bottom + 16, name, 'text-anchor="middle" fill="#666"')}`;
  });
  const bars = results.map(([row, result], i) => {
    const y = TOP + i * STEP;
    const failed = failedOf(result);
    const outcome = failed === 0 ? text(WIDTH - 16, y + 28, '0 failed', 'text-anchor="end" fill="#2a7f3f"') : '';
    const red = failed === 0 ? '' : `${bar(y + 18, failed, '#c62828')}${text(WIDTH - 16, y + 28, `${failed} failed`, 'text-anchor="end" fill="#c62828"')}`;
    return [
      text(LEFT, y + 13, `${row.id}. ${row.title}`),
      bar(y + 18, result.cases, result.complete ? '#1b6ca8' : '#9ad1ec'),
      text(x(result.cases) + 6, y + 28, tried(row, result), 'fill="#333"'),
      outcome,
      red,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + BOTTOM}" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" font-family="Arial, Helvetica, sans-serif" font-size="11">`,
    `<title>${TITLE}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(LEFT, 24, TITLE, 'font-size="16" font-weight="bold"'),
    text(LEFT, 42, 'the last full run of each row; pale: stopped before its end; logarithmic scale', 'fill="#666"'),
    ...grid,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
