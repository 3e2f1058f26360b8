// Pages that are put in place before the first store to them: a help, partly off the event loop, which changes nothing and may be cut short at any moment.

import { truncateSync } from 'node:fs';
import { release } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { fileKinds, kinds, loader, mappingsOf, placeOf } from './support.js';

const PAGE = 4096;
const MIB = 2 ** 20;
const [major, minor] = release().split('.').map(Number);
const populates = process.platform === 'linux' && (major > 5 || (major === 5 && minor >= 14));
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Page faults of storing to each page of `words`. */
function faultsOf(words: Int32Array): number {
  const before = process.resourceUsage().minorPageFault;
  for (let at = 0; at < words.length; at += PAGE / 4) words[at] = at;
  return process.resourceUsage().minorPageFault - before;
}

describe.each(kinds)('prefaulting pages mapped by %s', (kind) => {
  const place = placeOf(kind);

  test('changes nothing in them, nor in what is stored meanwhile', async () => {
    const file = place.fresh(4 * MIB);
    const region = file.map(PAGE, 4 * MIB - PAGE);
    region.bytes.fill(0xff, 0, MIB);
    const done = file.prefault(region, 100, 3 * MIB + 1);
    for (let at = 2 * MIB; at < 4 * MIB - PAGE; at += 1000) region.bytes[at] = at;
    await done;
    await file.prefault(region, 5, 5);
    const isRight = (byte: number, at: number) => byte === (at < MIB ? 0xff : at >= 2 * MIB && (at - 2 * MIB) % 1000 === 0 ? at & 0xff : 0);
    expect(region.bytes.findIndex((byte, at) => !isRight(byte, at))).toBe(-1);
  });

  test('is nothing to fail at: after unmap, after close, in a file that is only read, and many at once', async () => {
    const file = place.fresh(MIB);
    const [region, gone] = [file.map(0, MIB), file.map(0, PAGE)];
    file.unmap(gone);
    await file.prefault(gone, 0, PAGE);
    const reader = place.open({ readOnly: true });
    await reader.prefault(reader.map(0, MIB), 0, MIB);
    await Promise.all(Array.from({ length: 300 }, () => file.prefault(region, 0, MIB)));
    file.close();
    await file.prefault(region, 0, MIB);
  });
});

describe.each(fileKinds)('prefaulting pages of files, mapped by %s', (kind) => {
  const place = placeOf(kind);

  test.runIf(populates)('what was prefaulted is stored to without page faults', async () => {
    const file = place.fresh(32 * MIB);
    const region = file.map(0, 32 * MIB);
    const half = region.words.length / 2;
    const done = file.prefault(region, 0, 16 * MIB);
    // Before anything is awaited: once the kernel has written a page back, the next store to it is a page fault again.
    const faults = faultsOf(region.words.subarray(0, half));
    await done;
    expect(faults).toBeLessThan(faultsOf(region.words.subarray(half)) / 4);
  });

  test('leaves most of the calls that koffi takes at once to others, however many files are open', async () => {
    place.fresh(MIB);
    const files = [place.open(), place.open(), place.open()];
    const done = files.flatMap((file) => {
      const region = file.map(0, MIB);
      return Array.from({ length: 100 }, () => file.prefault(region, 0, PAGE));
    });
    const getpid = koffi.load(null).func('int getpid()');
    const called = Array.from({ length: 150 }, () => new Promise((resolve) => getpid.async((_: unknown, pid: number) => resolve(pid))));
    expect(await Promise.all(called)).toEqual(called.map(() => process.pid));
    await Promise.all(done);
  });

  test('pages that are not there are not looked at', async () => {
    const file = place.fresh(MIB);
    const region = file.map(0, MIB);
    truncateSync(place.path, MIB / 2); // looking past that is a SIGBUS, which would end this test's process
    await file.prefault(region, 0, MIB);
  });

  test.runIf(process.platform === 'linux')('the pages stay until it is done, also with nobody else holding them', async () => {
    const file = place.fresh(32 * MIB);
    const done = (() => {
      const region = file.map(0, 32 * MIB);
      const prefaulting = file.prefault(region, 0, 32 * MIB);
      file.unmap(region);
      file.close();
      return prefaulting;
    })();
    collect();
    expect(mappingsOf(place.path)).toBe(1);
    await done;
    for (let round = 0; mappingsOf(place.path) > 0 && round < 20; round++) {
      collect();
      await new Promise(setImmediate);
    }
    expect(mappingsOf(place.path)).toBe(0);
  });

  test.runIf(process.platform === 'linux')('a thread may be ended in the middle of it', async () => {
    place.fresh(64 * MIB).close();
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      require('node:module').register(workerData.loader + '?hooks');
      import(workerData.choose).then(({ chooseMapping }) => {
        const file = chooseMapping(workerData.kind).open(workerData.path, { readOnly: false });
        const region = file.map(0, 64 * 2 ** 20);
        for (let i = 0; i < 4; i++) file.prefault(region, i * 16 * 2 ** 20, (i + 1) * 16 * 2 ** 20);
        parentPort.postMessage('under way');
        setInterval(() => {}, 1 << 30);
      });`;
    const choose = new URL('../../src/mapping/choose.ts', import.meta.url).href;
    const worker = new Worker(source, { eval: true, workerData: { loader, choose, kind, path: place.path } });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    expect(mappingsOf(place.path)).toBe(0);
  });
});
