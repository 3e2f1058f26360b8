// Two processes and one file. Needs a build.
import { fileURLToPath } from 'node:url';
import { createStorage } from 'unstorage';
import { expect, it } from 'vitest';
import { otherProcess } from '../../../test/support/other-process.js';
import { tempPaths } from '../../../test/support/temp.js';
import mapstone from '../src/index.js';

const path = tempPaths();
const program = fileURLToPath(new URL('support/other.mjs', import.meta.url));

it('what one process writes the other reads at once, and what a killed one wrote stays', { timeout: 60_000 }, async () => {
  const file = path();
  const storage = createStorage({ driver: mapstone({ path: file }) });
  const other = await otherProcess(program, file);

  await storage.setItem('k', { from: 'here' });
  expect(await other.call('get', 'k')).toEqual({ from: 'here' });
  await other.call('set', 'k', { from: 'there' });
  expect(await storage.getItem('k')).toEqual({ from: 'there' });
  await other.call('remove', 'k');
  expect(await storage.getItem('k')).toBe(null);
  await other.call('set', 'short', 'x', { ttl: 100 });
  expect((await storage.getMeta('short')).ttl).toBeGreaterThan(90);

  const filling = other.call('fill', 'there', 500);
  for (let i = 0; i < 500; i++) await storage.setItem(`here:${i}`, { prefix: 'here', i });
  await filling;
  expect(await storage.getKeys('here')).toHaveLength(500);
  expect(await other.call('keys')).toHaveLength(1001);

  const endless = other.call('fill', 'more', 1_000_000).catch(() => 'killed');
  await new Promise((done) => setImmediate(done));
  await expect.poll(() => storage.getKeys('more').then((keys) => keys.length)).toBeGreaterThan(0);
  await other.kill();
  expect(await endless).toBe('killed');
  const more = await storage.getKeys('more');
  // As far as it came, without a gap, each whole.
  for (let i = 0; i < more.length; i++) expect(await storage.getItem(`more:${i}`)).toEqual({ prefix: 'more', i });
  await storage.setItem('k', 'goes on');
  expect(await storage.getItem('k')).toBe('goes on');
  await storage.dispose();
});
