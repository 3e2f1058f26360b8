// A segment that an opener knows as damaged is another one when others have freed and used it again.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { place, startPuppet } from './puppets.js';

test('what was damaged is forgotten when another opener clears the store', { timeout: 60_000 }, async () => {
  const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
  await a.open({ segmentSize: 16384, maxSize: 2 << 20, flush: 'manual' } as never);
  await b.open({ maxSize: 2 << 20, flush: 'manual' } as never);
  const fill = `for (let i = 0; i < 1000; i++) my.store.set('a' + i, 'value-' + i + '-' + 'x'.repeat(1000))`;
  const thin = `for (let i = 0; i < 1000; i++) if (i % 10 !== 5) my.store.delete('a' + i)`;
  await a.run(`${fill};`);
  const bytes = readFileSync(place.path);
  const file = openSync(place.path, 'r+');
  for (let i = 5; i < 1000; i += 10) writeSync(file, Buffer.from('V'), 0, 1, bytes.indexOf(`value-${i}-`));
  closeSync(file);
  await b.run(`${thin}; my.store.compact()`);
  await a.run(`my.store.clear(); my.store.flushSync(); ${fill}; `);
  await b.run(`${thin}; my.store.compact()`);
  const { segments } = await b.run<any>('return my.store.stats()');
  await a.run('my.store.compact()');
  const after = (await b.run<any>('return my.store.stats()')).segments;
  expect(segments.log).toBeLessThanOrEqual(after.log + 1);
});
