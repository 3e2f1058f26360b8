// Large mappings are not counted by V8 as the program's memory; those it counts make it collect the whole heap. They map, sync and end as small ones do.

import { truncateSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { childCommand, fileKinds, killChildren, loader, mappingsOf, placeOf, startProcess } from './support.js';

const MIB = 2 ** 20;
/** MiB: more than a Node 26 and its threads take of addresses before they do anything. */
const LARGE = 2044;
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

afterEach(killChildren);

describe.runIf(process.platform === 'linux').each(fileKinds)('large mappings by %s', (kind) => {
  const place = placeOf(kind);

  test('count for nothing, and smaller ones do', () => {
    const file = place.fresh(80 * MIB);
    const before = process.memoryUsage().external;
    const regions = [file.map(0, 16 * MIB), file.map(16 * MIB, 64 * MIB - 4096)];
    expect(process.memoryUsage().external - before).toBeLessThan(MIB);
    regions[1].words[regions[1].words.length - 1] = 7;
    file.sync(regions[1], 64 * MIB - 8192, 64 * MIB - 4096);
    expect(file.read(80 * MIB - 4096 - 4, 4).readInt32LE()).toBe(7);
    file.map(0, 16 * MIB - 4096);
    expect(process.memoryUsage().external - before).toBeGreaterThan(8 * MIB);
  });

  test('end by unmap (mmap-io: by the collector), and those of other files stay', async () => {
    const file = place.fresh(32 * MIB);
    const stays = file.map(0, 16 * MIB);
    (() => {
      const region = file.map(16 * MIB, 16 * MIB);
      region.words[0] = 1;
      expect(mappingsOf(place.path)).toBe(2);
      file.unmap(region);
    })();
    for (let round = 0; round < 20 && (round < 3 || mappingsOf(place.path) > 1); round++) {
      collect();
      await new Promise(setImmediate);
    }
    expect(mappingsOf(place.path)).toBe(1);
    stays.words[5] = 5;
    expect([stays.words[5], file.read(20, 1)[0], file.read(16 * MIB, 1)[0]]).toEqual([5, 5, 1]);
  });

  test('are counted where the program may not have so much memory of its own', async () => {
    place.fresh(4096).close();
    truncateSync(place.path, LARGE * MIB); // sparse: only its addresses matter
    const limited = (kilobytes: number) => {
      const [command, ...args] = childCommand('external', kind, place.path, String(LARGE * MIB));
      return startProcess('sh', ['-c', `ulimit -d ${kilobytes} && exec "$@"`, 'sh', command, ...args]).line();
    };
    expect(Number(await limited(2_000_000))).toBeGreaterThan((LARGE - 1) * MIB);
    expect(Number(await limited(9_000_000))).toBeLessThan(MIB);
  });

  test('a thread that ends takes its own with it', async () => {
    place.fresh(16 * MIB).map(0, 16 * MIB);
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      require('node:module').register(workerData.loader + '?hooks');
      import(workerData.choose).then(({ chooseMapping }) => {
        globalThis.region = chooseMapping(workerData.kind).open(workerData.path, { readOnly: false }).map(0, 16 * 2 ** 20);
        parentPort.postMessage('mapped');
        setInterval(() => {}, 1 << 30);
      }, (error) => { throw error; });`;
    const choose = new URL('../../src/mapping/choose.ts', import.meta.url).href;
    const worker = new Worker(source, { eval: true, workerData: { loader, choose, kind, path: place.path } });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(mappingsOf(place.path)).toBe(2);
    await worker.terminate();
    expect(mappingsOf(place.path)).toBe(1);
  });
});
