// When what is kept was begun, where several are made at once, and that what never ends takes no room for ever.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RenderStarts } from '../src/render-starts.js';

const START = 1_800_000_000_000;
const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterEach(() => void vi.useRealTimers());

it('as many as begun in one instant count from then', () => {
  const starts = new RenderStarts();
  for (let i = 0; i < 3; i++) starts.begin('k');
  pass(1000);
  for (let i = 0; i < 3; i++) expect(starts.end('k')).toEqual({ readFrom: START, madeAt: START });
  expect(starts.end('k')).toEqual({ readFrom: START + 1000, madeAt: START + 1000 });
});

it('what began before the clock was set back lies in no future', () => {
  const starts = new RenderStarts();
  for (const key of ['k', 'l']) starts.begin(key);
  pass(-10_000);
  expect(starts.end('k')).toEqual({ readFrom: START - 10_000, madeAt: START - 10_000 });
  starts.begin('l');
  pass(5_000);
  for (let i = 0; i < 2; i++) expect(starts.end('l')).toEqual({ readFrom: START - 10_000, madeAt: START - 10_000 });
});

it('of ten thousand keys; the one that nothing began for longest is forgotten first', () => {
  const starts = new RenderStarts();
  for (let i = 0; i < 10_000; i++) starts.begin(`${i}`);
  starts.begin('1');
  for (const key of ['one more', 'another']) starts.begin(key);
  pass(1000);
  expect(['0', '1', '2', '3', 'another'].map((key) => starts.end(key).readFrom)).toEqual([START + 1000, START, START + 1000, START, START]);
});
