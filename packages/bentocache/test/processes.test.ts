// Several processes and one second level. Needs a build.
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { otherProcess } from '../../../test/support/other-process.js';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneDriver } from '../src/index.js';

const path = tempPaths();
const program = fileURLToPath(new URL('support/other.mjs', import.meta.url));

it('entries are everybody’s at once, each is pulled by one, and a killed process leaves what it set', { timeout: 60_000 }, async () => {
  const file = path();
  const driver = new MapstoneDriver({ path: file, prefix: 'app' });
  const others = [await otherProcess(program, file), await otherProcess(program, file)];
  await driver.set('k', 'here');
  expect(await others[0].call('get', 'k')).toBe('here');
  await others[0].call('set', 'k', 'there', 60_000);
  expect([await driver.get('k'), await others[1].call('get', 'k')]).toEqual(['there', 'there']);

  const count = 2_000;
  for (let i = 0; i < count; i++) await driver.set(`k${i}`, `${i}`);
  const pulled: number[][] = await Promise.all(others.map((other) => other.call('pullAll', count)));
  expect(pulled.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));

  await others[0].call('set', 'last', 'word');
  await others[0].kill();
  expect(await driver.get('last')).toBe('word');
  await others[1].call('clear');
  expect([await driver.get('k'), await driver.get('last')]).toEqual([undefined, undefined]);
  await driver.disconnect();
});

it('what is pulled is what is deleted: nothing that another process adds meanwhile is lost', { timeout: 60_000 }, async () => {
  const file = path();
  const driver = new MapstoneDriver({ path: file, prefix: 'app' });
  const other = await otherProcess(program, file);
  const count = 30_000;
  let added = false;
  const adding = other.call('append', 'list', count).finally(() => (added = true));
  const pulled: string[] = [];
  while (!added) {
    for (let i = 0; i < 100; i++) pulled.push((await driver.pull('list')) ?? '');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await adding;
  pulled.push((await driver.pull('list')) ?? '');
  expect(pulled.join('').split(' ').slice(0, -1).map(Number)).toEqual(Array.from({ length: count }, (_, i) => i));
  await driver.disconnect();
});
