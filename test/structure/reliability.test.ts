// docs/reliability.md and its picture say what docs/reliability.json says.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOCUMENT, drawing, PICTURE, table } from '../scorecard/document.js';

test('the table of docs/reliability.md is the one of reliability.json', () => {
  expect(readFileSync(DOCUMENT, 'utf8'), 'run `npm run scorecard -- --full --list`, which writes it anew').toContain(`\n${table()}\n`);
});

test('the picture of docs/reliability.md is the one of reliability.json', () => {
  expect(readFileSync(PICTURE, 'utf8'), 'run `npm run scorecard -- --full --list`, which draws it anew').toBe(drawing());
});
