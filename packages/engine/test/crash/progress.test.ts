// A recovery that reads the log says how far it is, in segments, so that a program can show it; one that reads nothing says nothing.

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileKinds, placeFor } from '../../../../test/support/stores.js';
import type { RecoveryProgress } from '../../src/index.js';

describe.each(fileKinds)('over %s', (kind) => {
  const place = placeFor(kind);

  test('a rebuild reports each phase from the first segment to the last', () => {
    const store = place.open({ segmentSize: 4096 });
    for (let i = 0; i < 2000; i++) store.set(`key ${i}`, 'x'.repeat(100));
    store.flushSync();
    // A copy of an open file: to the store it looks like the disk after a power cut.
    const copy = join(place.directory, 'copy');
    copyFileSync(place.path, copy);
    const told: RecoveryProgress[] = [];
    const rebuilt = place.open({ onRecovery: (progress) => told.push(progress) }, copy);
    expect(rebuilt.stats().recovery).toBe('power-cut');
    expect(rebuilt.size).toBe(2000);
    for (const phase of ['verify', 'rebuild'] as const) {
      const steps = told.filter((progress) => progress.phase === phase);
      const { total } = steps[0];
      expect(total, phase).toBeGreaterThan(50);
      expect(steps.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
      expect(steps.every((step) => step.total === total)).toBe(true);
    }
    expect(told.findIndex(({ phase }) => phase === 'rebuild')).toBe(told.findLastIndex(({ phase }) => phase === 'verify') + 1);
  });

  test('an opening after a clean close reports nothing', () => {
    place.open().close();
    const told: RecoveryProgress[] = [];
    place.open({ onRecovery: (progress) => told.push(progress) });
    expect(told).toEqual([]);
  });
});
