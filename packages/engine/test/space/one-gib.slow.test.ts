// The largest value: stored, read, kept over a reopening, and its space given back. Needs 3 GiB of memory and of disk.

import { statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { describe, expect, test } from 'vitest';
import { placeFor } from '../../../../test/support/stores.js';

const GiB = 2 ** 30;

describe('over koffi', () => {
  const place = placeFor('koffi');

  test('a value of 1 GiB comes back, and its space is used again', { timeout: 180_000 }, (context) => {
    const { bavail, bsize } = statfsSync(place.directory);
    if (bavail * bsize < 3 * GiB || freemem() < 3 * GiB) context.skip('less than 3 GiB of memory or disk is free');
    const value = Buffer.alloc(GiB, 'mapstone');
    const store = place.open({ maxSize: 2 * GiB });
    store.set('large', value);
    store.set('small', 1);
    store.close();
    const again = place.open({ maxSize: 2 * GiB });
    expect(again.stats().recovery).toBe('clean');
    expect(value.equals(again.get('large') as Buffer)).toBe(true);
    const { fileSize } = again.stats();
    value.fill(1);
    again.delete('large');
    again.set('other', value);
    expect(value.equals(again.get('other') as Buffer)).toBe(true);
    expect(again.stats().fileSize).toBe(fileSize);
    expect(again.get('small')).toBe(1);
    // The file is checked after the test: keep that short.
    again.delete('other');
  });
});
