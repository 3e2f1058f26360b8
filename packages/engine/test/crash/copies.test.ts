// Copies made with cp: of a closed file, of an open one, and of one that was opened while the copy was under way.

import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { random } from '../../../../test/support/simulated-mapping.js';
import { codeOf, contentsOf, fileKinds, placeFor, SEED } from '../../../../test/support/stores.js';
import { HEAD_BYTES } from '../../src/layout.js';
import type { Store } from '../../src/store/store.js';

const S = 4096;
const options = { segmentSize: S, maxSize: 32 * S };

describe.each(fileKinds)('over %s', (kind) => {
  const place = placeFor(kind);
  const other = (name: string) => join(place.directory, name);

  function fill(store: Store, what: string): Map<string, unknown> {
    for (let i = 0; i < 200; i++) store.set(`key ${i}`, `${what} ${i}`.padEnd(66));
    return contentsOf(store);
  }

  /** Opens a copy; the phases its recovery read, and what was found. */
  function openCopy(path: string, readOnly = false): { store: Store; phases: string[] } {
    const phases: string[] = [];
    const store = place.open({ ...options, readOnly, onRecovery: ({ phase }) => phases.push(phase) }, path);
    return { store, phases };
  }

  test('of a closed file: read through once, then as any other', () => {
    const store = place.open(options);
    const expected = fill(store, 'value');
    store.set('large', 'x'.repeat(3 * S));
    store.close();
    copyFileSync(place.path, other('copy'));
    const bytes = readFileSync(other('copy'));

    const reader = openCopy(other('copy'), true);
    expect(reader.phases).toContain('verify');
    expect(reader.store.get('large')).toBe('x'.repeat(3 * S));
    reader.store.close();
    expect(readFileSync(other('copy')).equals(bytes)).toBe(true);

    const first = openCopy(other('copy'));
    expect(first.phases).toContain('verify');
    expect(first.phases).not.toContain('rebuild');
    expect(first.store.stats().recovery).toBe('clean');
    first.store.close();
    renameSync(other('copy'), other('moved'));
    const second = openCopy(other('moved'));
    expect(second.phases).toEqual([]);
    expect(second.store.delete('large')).toBe(true);
    expect(contentsOf(second.store)).toEqual(expected);
  });

  test('of a closed file that was damaged on the way: refused, or the large value is', () => {
    const store = place.open(options);
    fill(store, 'value');
    store.set('large', 'x'.repeat(3 * S));
    store.close();
    const bytes = readFileSync(place.path);
    const spoil = (text: string) => {
      const copy = Buffer.from(bytes);
      copy[bytes.indexOf(text) + 3] ^= 1;
      writeFileSync(other('copy'), copy);
    };
    spoil('value 77 ');
    expect(codeOf(() => openCopy(other('copy')))).toBe('ERR_STORE_CORRUPT');
    expect(codeOf(() => openCopy(other('copy'), true))).toBe('ERR_STORE_NEEDS_RECOVERY');
    spoil('xxxxxxxxxxxxxxxxxxxx');
    const { store: opened } = openCopy(other('copy'));
    expect(codeOf(() => opened.get('large'))).toBe('ERR_STORE_CORRUPT');
    opened.delete('large');
  });

  // A copier reads the file from its start to its end; the store is opened and changed between two of its reads.
  test(`begun while the file was closed, ended after it was written: as it was closed, or refused (seed ${SEED})`, () => {
    const next = random(SEED);
    let refused = 0;
    let whole = 0;
    for (let round = 0; round < 6; round++) {
      const path = other(`original ${round}`);
      let store = place.open(options, path);
      const expected = fill(store, `old ${round}`);
      store.close();
      const early = readFileSync(path);
      store = place.open(options, path);
      const rounds = 1 + Math.floor(next() * 40);
      for (let i = 0; i < rounds; i++) {
        fill(store, `new ${i}`);
        if (next() < 0.7) store.flushSync();
      }
      const late = readFileSync(path);
      store.close();
      for (let cut = HEAD_BYTES; cut <= early.length; cut += S / 2) {
        writeFileSync(other('copy'), Buffer.concat([early.subarray(0, cut), late.subarray(cut)]));
        let copy: Store;
        try {
          copy = openCopy(other('copy')).store;
        } catch (error) {
          expect((error as { code: string }).code).toBe('ERR_STORE_CORRUPT');
          refused++;
          continue;
        }
        whole++;
        expect(contentsOf(copy)).toEqual(expected);
        expect(copy.check()).toEqual([]);
        copy.close();
      }
    }
    expect(refused).toBeGreaterThan(10);
    expect(whole).toBeGreaterThan(10);
  });
});
