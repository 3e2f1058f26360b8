// MikroORM's metadata cache under real MikroORM 6: entities found in files, whose metadata is read from the store at the next start.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/libsql';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneMetadataCache, MapstoneResultCache } from '../src/mikro-orm.js';

const path = tempPaths();

// Inside the package, so that its MikroORM resolves; git ignores `.cache`.
const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache', 'entities-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A class with decorators, compiled as a user's is, with a function in its metadata. */
function writeEntity(more = ''): void {
  const source = `
    import { Entity, PrimaryKey, Property } from '@mikro-orm/core';
    @Entity()
    export class City {
      @PrimaryKey({ type: 'number' }) id;
      @Property({ type: 'string', onCreate: () => 'Paris' }) name;
      @Property({ type: 'Date', nullable: true }) founded;
    }
    ${more}`;
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, experimentalDecorators: true, useDefineForClassFields: false };
  writeFileSync(join(folder, 'city.cjs'), ts.transpileModule(source, { compilerOptions }).outputText);
}

async function start(file: string) {
  const log: string[] = [];
  const orm = await MikroORM.init({
    dbName: ':memory:',
    baseDir: folder,
    entities: ['*.cjs'],
    debug: ['discovery'],
    colors: false,
    logger: (message) => log.push(message),
    allowGlobalContext: true,
    metadataCache: { enabled: true, adapter: MapstoneMetadataCache, options: { path: file } },
    resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path: file } },
  });
  return { orm, cached: log.some((message) => message.includes('using cached metadata')) };
}

describe('MikroORM 6', () => {
  it('metadata is read from the store at the next start, and works; the result cache beside it is another', async () => {
    writeEntity();
    const file = path();
    const first = await start(file);
    expect(first.cached).toBe(false);
    expect(first.orm.config.getMetadataCacheAdapter()).toBeInstanceOf(MapstoneMetadataCache);
    expect(first.orm.config.getResultCacheAdapter()).toBeInstanceOf(MapstoneResultCache);
    await first.orm.close();

    const { orm, cached } = await start(file);
    expect(cached).toBe(true);
    expect(Object.keys(orm.getMetadata().get('City').properties)).toEqual(['id', 'name', 'founded']);
    await orm.schema.createSchema();
    orm.em.create('City', { id: 1, name: 'Rome', founded: new Date(0) } as never);
    await orm.em.flush();
    expect(await orm.em.fork().findOne('City', 1, { cache: true })).toMatchObject({ name: 'Rome', founded: new Date(0) });
    await orm.close();
  });

  it('a changed source is read anew', async () => {
    writeEntity();
    const file = path();
    await (await start(file)).orm.close();
    writeEntity('// a change');
    const changed = await start(file);
    expect(changed.cached).toBe(false);
    await changed.orm.close();
    const { orm, cached } = await start(file);
    expect(cached).toBe(true);
    await orm.close();
  });
});

describe('by itself', () => {
  const origin = join(folder, 'origin.js');
  const open = () => {
    writeFileSync(origin, 'one');
    return new MapstoneMetadataCache({ path: path() }, folder);
  };

  it('holds until the source changes or is gone; functions are dropped, as JSON does', () => {
    const cache = open();
    cache.set('City.js', { name: 'City', entity: () => 'x', props: [() => 1] }, './origin.js');
    expect(cache.get('City.js')).toEqual({ name: 'City', props: [null] });
    writeFileSync(origin, 'two');
    expect(cache.get('City.js')).toBeUndefined();
    writeFileSync(origin, 'one');
    expect(cache.get('City.js')).toBeDefined();
    rmSync(origin);
    expect(cache.get('City.js')).toBeUndefined();
    cache.close();
  });

  it('two classes of one name are told apart by their origin, as MikroORM 7 asks', () => {
    const cache = open();
    cache.set('City.js', { name: 'City' }, './origin.js');
    expect(cache.get('City.js', origin)).toEqual({ name: 'City' });
    expect(cache.get('City.js', './other.js')).toBeUndefined();
    cache.close();
  });

  it('what has no source, or is nothing, is not kept, and takes the old entry with it', () => {
    const cache = open();
    for (const [data, from] of [
      [undefined, './origin.js'],
      [{ name: 'City' }, './none.js'],
      [{ name: 'City' }, '.'],
      [{ name: 'City' }, 'a\0b'],
    ] as const) {
      cache.set('City.js', { old: true }, './origin.js');
      cache.set('City.js', data, from);
      expect(cache.get('City.js')).toBeUndefined();
    }
    cache.close();
  });

  it('names that hurt are entries of their own; what holds itself is refused and the old entry stays', () => {
    const cache = open();
    const names = ['a:b', '../..', 'a\0b', '\ud800', '__proto__', 'x'.repeat(65_537)];
    for (const name of names) cache.set(name, { name }, './origin.js');
    for (const name of names) expect(cache.get(name)).toEqual({ name });
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    expect(() => cache.set('a:b', cyclic, './origin.js')).toThrow(TypeError);
    expect(cache.get('a:b')).toEqual({ name: 'a:b' });
    cache.remove('a:b');
    expect(cache.get('a:b')).toBeUndefined();
    cache.clear();
    expect(names.map((name) => cache.get(name))).toEqual(names.map(() => undefined));
    cache.close();
  });
});
