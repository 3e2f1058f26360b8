// What an opener keeps of the file on its own heap, after another has changed the file: real processes, on the built engine.

import { closeSync, openSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONTROL_OFFSET, Control } from '../../packages/engine/src/layout.js';
import { place, startPuppet } from './puppets.js';

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
    await a.run(`for (let i = 0; i < 1000; i++) my.store.set('a' + i, 'x'.repeat(1000), { ttl: i < 5 ? 1e6 : 50 })`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await a.run('my.store.close()');
    await b.run('my.store.sweep()');
    expect(await b.run('return my.store.stats().entries')).toBe(5);
  });
});

test('flush() of who closes before it began does not claim that a store is durable which another poisoned', { timeout: 60_000 }, async () => {
  const a = await startPuppet();
  await a.open({ flush: 'manual' });
  await a.run(`my.store.set('a', 1); my.store.flushSync(); my.store.set('a', 2)`);
  // As another opener leaves it whose sync has failed.
  const file = openSync(place.path, 'r+');
  writeSync(file, Int32Array.of(1), 0, 4, CONTROL_OFFSET + Control.POISON * 4);
  closeSync(file);
  await expect(a.run('const flushed = my.store.flush(); my.store.close(); await flushed')).rejects.toThrow();
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
