// `npm start`'s job: passes as it is, and sees an entry that is lost.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { examples, run } from './run.js';

const directory = mkdtempSync(join(tmpdir(), 'mapstone-job-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The values of the rows of its table whose name is `name`, by column. */
function row(output: string, name: string): string[][] {
  const rows = output.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
  return rows.filter((cells) => cells[1] === name).map((cells) => cells.slice(2, -1));
}

describe('the main job', { timeout: 120_000 }, () => {
  test('loses nothing, and says so in its table', async () => {
    const output = await run([join(examples, 'main-job.mjs')]);
    expect(row(output, '135,233 cities, a Keyv over')).toHaveLength(1);
    for (const name of ['lost or wrong entries', 'findings of check()', 'still there when it is over']) expect(row(output, name)).toEqual([['0', '', '']]);
    expect(row(output, 'entries')).toEqual(row(output, 'entries expected'));
    expect(row(output, 'how the new process found it')).toEqual([['process-death', '', '']]);
    for (const name of ['set, operations a second', 'get, operations a second']) expect(row(output, name)[0][2]).toMatch(/^\d+\.\d\dx$/);
  });

  test('its comparison finds an entry that was lost, one that was never written, and one that is wrong', async () => {
    const { run: runChild } = await import(join(examples, 'main-job/children.mjs'));
    const { changed, cities, keyOf } = await import(join(examples, 'main-job/cities.mjs'));
    const { openStore } = await import(join(examples, '../packages/engine/dist/index.js'));
    const path = join(directory, 'cities');
    // The flag says that a value came from Keyv without its serializer.
    const acknowledged = 1000;
    const store = openStore(path);
    const expected = (i: number) => (i < acknowledged ? changed(i) : cities[i]);
    store.setMany(
      cities
        .map((city: object, i: number) => ({ key: `keyv:${keyOf(city)}`, value: expected(i), flag: true }))
        .filter((item: { value: unknown }) => item.value),
    );
    store.close();
    expect(await runChild('compare.mjs', [path, acknowledged])).toMatchObject({
      lost: 0,
      findings: 0,
      entries: cities.length - 100,
      expected: cities.length - 100,
    });

    const again = openStore(path);
    again.delete(`keyv:${keyOf(cities[7])}`); // acknowledged, and not there
    again.set(`keyv:${keyOf(cities[9])}`, cities[9], { flag: true }); // its deletion was acknowledged
    again.set(`keyv:${keyOf(cities[2000])}`, changed(2000), { flag: true }); // nobody asked for it
    again.close();
    expect(await runChild('compare.mjs', [path, acknowledged])).toMatchObject({ lost: 3 });
  });
});
