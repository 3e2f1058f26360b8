// What an opener keeps of the file on its own heap, after another has changed the file: real processes, on the built engine.

import { describe, expect, test } from 'vitest';
import { CONTROL_OFFSET, Control } from '../../packages/engine/src/layout.js';
import { startPuppet } from './puppets.js';

describe('who has not seen that another grew the file', { timeout: 60_000 }, () => {
  for (const readOnly of [false, true]) {
    test(`reads a large value whose record lies in the old part and whose chain in the new${readOnly ? ', read-only' : ''}`, async () => {
      const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
      await a.open({ segmentSize: 16384, flush: 'manual' });
      await a.run(`my.store.set('a', 1)`);
      await b.open({ flush: 'manual', readOnly });
      expect(await b.run(`return my.store.get('a')`)).toBe(1);
      await a.run(`my.store.set('large', 'x'.repeat(1e6))`);
      expect(await b.run(`return my.store.get('large').length`)).toBe(1e6);
    });
  }

  test('sweeps what has expired in the new part', async () => {
    const [a, b] = await Promise.all([startPuppet(), startPuppet()]);
    const options = { segmentSize: 16384, eviction: 's3-fifo', maxSize: 4 << 20, sweepInterval: 1e6 } as never;
    await a.open(options);
    await b.open(options);
    await a.run(`for (let i = 0; i < 1000; i++) my.store.set('a' + i, 'x'.repeat(1000), i < 5 ? { ttl: 1e6 } : { expiresAt: 1 })`);
    await a.run('my.store.close()');
    await b.run('my.store.sweep()');
    expect(await b.run('return my.store.stats().entries')).toBe(5);
  });
});

describe('flush() does not claim that what another opener poisoned is durable', { timeout: 60_000 }, () => {
  /** As another opener leaves the file whose sync has failed. */
  const poison = `
    const { openSync, writeSync, closeSync } = process.getBuiltinModule('fs');
    const file = openSync(my.path, 'r+');
    writeSync(file, Int32Array.of(1), 0, 4, ${CONTROL_OFFSET + Control.POISON * 4});
    closeSync(file);`;
  const flush = 'const flushed = my.store.flush();';
  const cases = [
    ['before it was asked to', `${poison} ${flush} my.store.close();`],
    ['before it begins', `${flush} ${poison} my.store.close();`],
    ['while it is under way', `${flush} for (let i = 0; i < 10; i++) await undefined; ${poison} my.store.close();`],
  ];

  test.each(cases)('%s, by who then closes', async (_when, what) => {
    const a = await startPuppet();
    await a.open({ flush: 'manual' });
    await a.run(`my.store.set('a', 1); my.store.flushSync(); my.store.set('a', 2)`);
    await expect(a.run(`${what} await flushed`)).rejects.toEqual(expect.objectContaining({ code: 'ERR_STORE_POISONED' }));
  });
});

test('a writer that died is not taken for alive because an idle opener has its slot: another flushes what it wrote', { timeout: 60_000 }, async () => {
  const [a, b, c] = await Promise.all([startPuppet(), startPuppet(), startPuppet()]);
  await a.open({ flush: 'manual' });
  await b.open({ flush: { every: 50 } } as never);
  await a.run(`my.store.set('a', 1)`);
  await a.kill('SIGKILL');
  await c.open({ flush: 'manual' });
  const before = await c.run<number>('return my.store.stats().durableFlush');
  await expect.poll(() => c.run('return my.store.stats().durableFlush'), { timeout: 5000 }).toBeGreaterThan(before);
});
