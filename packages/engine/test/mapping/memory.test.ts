// What is memory's own: how long its files live, and ranges over several blocks.
import { expect, test } from 'vitest';
import { MemoryMapping } from '../../src/mapping/memory-mapping.js';
import { errorOf } from './support.js';

const PAGE = 4096;
const PATH = '/nowhere/store';

test('a file is gone after its last close', () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, Buffer.from('x'), PAGE);
  const [one, two] = [mapping.open(PATH, { readOnly: false }), mapping.open(PATH, { readOnly: true })];
  one.close();
  expect(mapping.exists(PATH)).toBe(true);
  two.close();
  two.close();
  expect(mapping.exists(PATH)).toBe(false);
});

test('with keep it stays until it is removed', () => {
  const mapping = new MemoryMapping({ keep: true });
  mapping.create(PATH, Buffer.from('x'), PAGE);
  mapping.open(PATH, { readOnly: false }).close();
  expect(mapping.open(PATH, { readOnly: false }).read(0, 1).toString()).toBe('x');
  expect([mapping.remove(PATH), mapping.remove(PATH), mapping.exists(PATH)]).toEqual([true, false, false]);
});

test('the close of a removed file does not take its successor away', () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, Buffer.from('x'), PAGE);
  const old = mapping.open(PATH, { readOnly: false });
  mapping.remove(PATH);
  mapping.create(PATH, Buffer.from('y'), PAGE);
  old.close();
  expect(mapping.open(PATH, { readOnly: false }).read(0, 1).toString()).toBe('y');
});

test('a range over several blocks is mapped while none of them is, and joins them', async () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, Buffer.from('x'), PAGE);
  const file = mapping.open(PATH, { readOnly: false });
  file.allocate(PAGE, 2 * PAGE);
  file.allocate(2 * PAGE, 4 * PAGE);
  const half = file.map(PAGE, PAGE);
  half.bytes.fill(5);
  expect(await errorOf(() => file.map(0, 4 * PAGE))).toMatchObject({ code: 'ERR_STORE_IO', syscall: 'mmap' });
  file.unmap(half);
  const [whole, part] = [file.map(0, 4 * PAGE), file.map(2 * PAGE, PAGE)];
  part.bytes[0] = 6;
  expect([whole.bytes[0], whole.bytes[PAGE], whole.bytes[2 * PAGE]]).toEqual([120, 5, 6]);
});

test('memory is taken once for what was allocated in steps, when it is mapped', () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, Buffer.from('x'), 2 * PAGE);
  const file = mapping.open(PATH, { readOnly: false });
  const first = file.map(0, 2 * PAGE);
  expect([first.bytes[0], first.bytes.buffer.byteLength]).toEqual([120, 2 * PAGE]);
  for (let page = 2; page < 8; page++) file.allocate(page * PAGE, (page + 1) * PAGE);
  expect([file.size(), [...file.read(7 * PAGE, PAGE)].every((byte) => byte === 0)]).toEqual([8 * PAGE, true]);
  const second = file.map(2 * PAGE, 6 * PAGE);
  expect([second.bytes.buffer === first.bytes.buffer, second.bytes.buffer.byteLength]).toEqual([false, 6 * PAGE]);
});

test('what was stored past the middle of a file that was mapped from there on is where it was', () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, Buffer.from('x'), PAGE);
  const file = mapping.open(PATH, { readOnly: false });
  file.allocate(PAGE, 4 * PAGE);
  const late = file.map(2 * PAGE, PAGE);
  late.bytes[7] = 9;
  file.unmap(late);
  const whole = file.map(0, 4 * PAGE);
  expect([whole.bytes[0], whole.bytes[2 * PAGE + 7], whole.bytes.length]).toEqual([120, 9, 4 * PAGE]);
});

test('more memory than there is counts as full, at creation and when it is mapped', async () => {
  const mapping = new MemoryMapping();
  expect(await errorOf(() => mapping.create(PATH, new Uint8Array(0), 2 ** 52))).toMatchObject({ code: 'ERR_STORE_FULL' });
  mapping.create(PATH, new Uint8Array(0), PAGE);
  const file = mapping.open(PATH, { readOnly: false });
  file.allocate(PAGE, 2 ** 52);
  expect(await errorOf(() => file.map(PAGE, 2 ** 52 - PAGE))).toMatchObject({ code: 'ERR_STORE_FULL' });
});

test('outside the file there is nothing to map', async () => {
  const mapping = new MemoryMapping();
  mapping.create(PATH, new Uint8Array(0), PAGE);
  expect(await errorOf(() => mapping.open(PATH, { readOnly: false }).map(0, 2 * PAGE))).toBeInstanceOf(RangeError);
});
