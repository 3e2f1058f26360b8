// Writes of the thread that flushes, at every turn between the flush's beginning and its end.

import { describe, expect, test } from 'vitest';
import { fileKinds, placeFor } from '../../../../test/support/stores.js';

describe.each(fileKinds)('%s', (kind) => {
  const place = placeFor(kind);

  test('a write in any microtask during a flush waits for nothing', async () => {
    const store = place.open({ flush: 'manual', busyTimeout: 1000 });
    for (let turn = 0; turn < 20; turn++) {
      store.set('before', turn);
      const flushed = store.flush();
      for (let i = 0; i < turn; i++) await undefined;
      store.set('during', turn);
      await flushed;
    }
    const flushed = store.flush();
    for (let turn = 0; turn < 100; turn++) {
      store.set('in all', turn);
      await undefined;
    }
    await flushed;
    expect([store.get('during'), store.get('in all'), store.check()]).toEqual([19, 99, []]);
    store.close();
    const again = place.open();
    expect([again.get('during'), again.get('in all')]).toEqual([19, 99]);
    again.close();
  });
});
