// Real Next: an app that is built once, and served by processes that are stopped, killed and started again over one cache file.
// `npm run test:next` installs it (342 MB) and runs this; `npm test` does where it is installed, or CI is set.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '@mapstone/engine';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { app, build, installed, killAll, Renders, Server } from './support/server.js';

const SIZE = 2 ** 24;

describe.skipIf(!installed)('Next 16 (installed by `npm run test:next`)', { timeout: 60_000 }, () => {
  let directory = '';
  let renders: Renders;
  let count = 0;
  let path = '';
  const start = (more: object = {}) => Server.start({ MAPSTONE_PATH: path, RENDERS: renders.path, ...more });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mapstone-next-'));
    renders = new Renders(join(directory, 'renders'));
    const output = await build({ MAPSTONE_PATH: join(directory, 'build.mapstone') });
    expect(output).toContain('/isr/built');
    expect(output).not.toMatch(/@mapstone\/next: ERR/);
  }, 300_000);
  beforeEach(() => {
    path = join(directory, `${++count}.mapstone`);
    renders.reset();
  });
  afterEach(async () => {
    await killAll();
    for (const file of [path, `${path}.tags`]) {
      const store = openStore(file);
      expect(store.check()).toEqual([]);
      store.close();
    }
  });
  afterAll(async () => {
    await killAll();
    rmSync(directory, { recursive: true, force: true });
  });

  it('a page, a route and a cached function are made once, and are there after kill -9', async () => {
    const before = await start();
    const paths = ['/isr/built', '/isr/new', '/route', '/clock'];
    const values = await Promise.all(paths.map((one) => before.value(one)));
    for (let i = 0; i < 3; i++) expect(await Promise.all(paths.map((one) => before.value(one)))).toEqual(values);
    await before.end('SIGKILL');
    const after = await start();
    expect(await Promise.all(paths.map((one) => after.value(one)))).toEqual(values);
    expect((await after.get('/isr/new')).headers.get('x-nextjs-cache')).toBe('HIT');
    expect(renders.counts).toEqual({ 'isr-built': 1, 'isr-new': 1, route: 1, clock: 1 });
  });

  it('a tag that is revalidated makes pages, fetches and cached functions anew, and nothing else', async () => {
    const server = await start();
    const paths = ['/isr/a', '/clock', '/route'];
    const [page, clock, route] = await Promise.all(paths.map((one) => server.value(one)));
    await server.get('/revalidate?tag=posts');
    const second = await Promise.all(paths.map((one) => server.value(one)));
    expect(second).toEqual([expect.not.stringMatching(page), clock, route]);
    await server.get('/revalidate?tag=clock');
    expect(await Promise.all(paths.map((one) => server.value(one)))).toEqual([second[0], expect.not.stringMatching(clock), route]);
    await server.get('/revalidate?path=/route');
    expect(await server.value('/route')).not.toBe(route);
  });

  it('with the profile max what is there is served once more, and made anew in the background', async () => {
    const server = await start();
    const before = await server.value('/isr/a');
    await server.get('/revalidate?tag=posts&profile=max');
    expect(await server.value('/isr/a')).toBe(before);
    await expect.poll(() => server.value('/isr/a'), { timeout: 20_000 }).not.toBe(before);
    expect(renders.counts['isr-a']).toBe(2);
  });

  it('a file that is full goes on: every request is answered, and it never grows past its size', async () => {
    const server = await start({ MAPSTONE_SIZE: String(SIZE) });
    for (let i = 0; i < 100; i++) {
      await server.value(`/isr/large-${i}`);
      expect(statSync(path).size).toBeLessThanOrEqual(SIZE);
    }
    const last = await server.value('/isr/large-99');
    expect(await server.value('/isr/large-99')).toBe(last);
    expect(renders.counts['isr-large-99']).toBe(1);
    expect(server.output.join('')).not.toMatch(/@mapstone\/next/);
  });

  describe('two processes on one file', () => {
    it('a page, a route and a cached function are made once, by whichever is asked first', async () => {
      const [one, other] = [await start(), await start()];
      const [page, clock] = [await one.value('/isr/shared'), await other.value('/clock')];
      expect([await other.value('/isr/shared'), await one.value('/clock')]).toEqual([page, clock]);
      expect(await one.value('/route')).toBe(await other.value('/route'));
      expect((await other.get('/isr/shared')).headers.get('x-nextjs-cache')).toBe('HIT');
      expect(renders.counts).toEqual({ 'isr-shared': 1, clock: 1, route: 1 });
    });

    it('an optimized image is made by one, and there for the other', async () => {
      const [one, other] = [await start(), await start()];
      const image = '/_next/image?url=%2Fpicture.png&w=64&q=75';
      const [made, kept] = [await one.get(image), await other.get(image)];
      expect([made.status, made.headers.get('x-nextjs-cache'), kept.headers.get('x-nextjs-cache')]).toEqual([200, 'MISS', 'HIT']);
      expect(Buffer.from(await kept.arrayBuffer())).toEqual(Buffer.from(await made.arrayBuffer()));
      await one.get('/route'); // so that there are tags to check
    });

    it('a tag that is revalidated in one is seen by the next request of the other', async () => {
      const [one, other] = [await start(), await start()];
      let [page, clock] = [await one.value('/isr/shared'), await one.value('/clock')];
      for (const [revalidating, asked] of [
        [one, other],
        [other, one],
        [one, other],
      ]) {
        expect([await asked.value('/isr/shared'), await asked.value('/clock')]).toEqual([page, clock]); // so that it holds them in memory
        await revalidating.get('/revalidate?tag=posts');
        await revalidating.get('/revalidate?tag=clock');
        const [nextPage, nextClock] = [await asked.value('/isr/shared'), await asked.value('/clock')];
        expect(nextPage).not.toBe(page);
        expect(nextClock).not.toBe(clock);
        expect([await revalidating.value('/isr/shared'), await revalidating.value('/clock')]).toEqual([nextPage, nextClock]);
        [page, clock] = [nextPage, nextClock];
      }
      expect(renders.counts).toEqual({ 'isr-shared': 4, clock: 4 });
    });

    it('with the profile max the other serves what is there once more, and then what either made anew', async () => {
      const [one, other] = [await start(), await start()];
      const before = await one.value('/isr/shared');
      await other.value('/isr/shared');
      await one.get('/revalidate?tag=posts&profile=max');
      expect(await other.value('/isr/shared')).toBe(before);
      await expect.poll(() => other.value('/isr/shared'), { timeout: 20_000 }).not.toBe(before);
      expect(await one.value('/isr/shared')).toBe(await other.value('/isr/shared'));
    });

    it('one is killed while both fill the file: the other answers every request, within the size', async () => {
      const size = { MAPSTONE_SIZE: String(SIZE) };
      const [one, other] = [await start(size), await start(size)];
      const fill = async (server: Server, name: string) => {
        for (let i = 0; i < 60; i++) await server.value(`/isr/large-${name}-${i}`);
      };
      const filling = fill(other, 'other');
      const killed = fill(one, 'one').catch(() => 'killed');
      await other.value('/isr/large-between');
      await one.end('SIGKILL');
      expect(await killed).toBe('killed');
      await filling;
      expect(statSync(path).size).toBeLessThanOrEqual(SIZE);
      expect(other.output.join('')).not.toMatch(/@mapstone\/next/);
    });
  });

  it("the handlers have the types that Next's own declarations ask for", () => {
    const program = ts.createProgram([fileURLToPath(new URL('./types.mts', import.meta.url))], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      typeRoots: [join(app, '../../node_modules/@types')],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      paths: { 'next/*': [join(app, 'node_modules/next/*')] },
    });
    const found = ts.getPreEmitDiagnostics(program);
    expect(ts.formatDiagnostics(found, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => app, getNewLine: () => '\n' })).toBe('');
    openStore(path).close();
    openStore(`${path}.tags`).close();
  });
});
