// FORMAT.md says what layout.ts says: its boxes are drawn from it, each field and constant has its line, and its invariants are those of check().
// After a change of layout.ts, `MAPSTONE_DRAW=1 npm test -- test/format` draws the boxes anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as layout from '../../packages/engine/src/layout.js';
import { ValueKind } from '../../packages/engine/src/log/codec.js';
import { draw, fieldsOf } from './draw.js';

const engine = (path: string) => fileURLToPath(new URL(`../../packages/engine/${path}`, import.meta.url));
const BOX = /<!-- box (\w+) -->\n```text\n(.*?)```\n/gs;

if (process.env.MAPSTONE_DRAW) {
  const drawn = readFileSync(engine('FORMAT.md'), 'utf8').replace(BOX, (_, name) => `<!-- box ${name} -->\n\`\`\`text\n${draw(name)}\n\`\`\`\n`);
  writeFileSync(engine('FORMAT.md'), drawn);
}
const doc = readFileSync(engine('FORMAT.md'), 'utf8');
const boxes = [...doc.matchAll(BOX)].map(([whole, name, box]) => ({ name, box, after: doc.slice(doc.indexOf(whole) + whole.length).split(/^#/m, 1)[0] }));
const bullets = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match.slice(1));
const STRUCTURES = ['Super', 'Control', 'Opener', 'Step', 'Entry', 'Slot', 'Rec', 'ChainRef', 'Bucket'];
const ENUMS: Record<string, Record<string, number>> = {
  Intent: layout.Intent,
  LockByte: layout.LockByte,
  SegmentKind: layout.SegmentKind,
  Flag: layout.Flag,
  ValueKind,
};

describe('FORMAT.md', () => {
  test('draws every structure of layout.ts', () => {
    expect(boxes.map(({ name }) => name).sort()).toEqual([...STRUCTURES].sort());
  });

  test.each(boxes)('the box of $name is drawn from layout.ts', ({ name, box }) => {
    expect(box).toBe(`${draw(name)}\n`);
  });

  test.each(boxes)('$name: a line for each field, in order', ({ name, after }) => {
    expect(bullets(after, /^- \*\*([A-Z][A-Z_\d]+)\*\*(?! =)/gm).flat()).toEqual(fieldsOf(name).fields.map((field) => field.name));
  });

  test.each(Object.keys(ENUMS))('%s: the numbers of its values', (name) => {
    const text = doc.split(`<!-- enum ${name} -->\n`)[1].split(/^#|<!--/m, 1)[0];
    const found = bullets(text, /^- \*\*(\w+)\*\* = (bit )?(\d+)/gm).map(([value, bit, number]) => [value, bit ? 2 ** Number(number) : Number(number)]);
    expect(Object.fromEntries(found)).toEqual(ENUMS[name]);
  });

  test('every constant of layout.ts, with its value', () => {
    const rows = bullets(doc, /^\| `([A-Z_]+)` +\| ([^|]+?) +\|/gm).map(([name, value]) => [name, read(value)]);
    const constants = Object.entries(layout).filter(([name]) => /^[A-Z_\d]+$/.test(name));
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(constants));
  });

  test('where the kernel locks lie', () => {
    expect(doc).toContain('bytes from 2^40 of the file on');
    expect(readFileSync(engine('src/mapping/file-lock.ts'), 'utf8')).toContain('LOCK_BASE = 2 ** 40');
  });

  test('the invariants are those that check() tests', () => {
    const type = /export type Invariant = (.*);/.exec(readFileSync(engine('src/upkeep/check.ts'), 'utf8'))?.[1];
    const tested = [...(type ?? '').matchAll(/'(I\d+)'/g)].map(([, name]) => name);
    expect(tested.length).toBeGreaterThan(10);
    expect(bullets(doc, /^- \*\*(I\d+)\.\*\*/gm).flat()).toEqual(tested);
  });
});

/** `0x50`, `1,024`, `2^20`, `~3`, `[0, 512]`, `{ start: 0, length: 1 }` as what they mean. */
function read(value: string): unknown {
  if (value.startsWith('[') || value.startsWith('{')) return JSON.parse(value.replace(/(\w+):/g, '"$1":'));
  if (value.startsWith('~')) return ~Number(value.slice(1));
  const [base, power] = value.replaceAll(',', '').split('^').map(Number);
  return power === undefined ? base : base ** power;
}
