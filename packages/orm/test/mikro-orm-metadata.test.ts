// MikroORM's metadata cache under real MikroORM 6, and 7 where Node is new enough for it: entities found in files, whose metadata is read from the store at the next start.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { MapstoneMetadataCache, MapstoneResultCache } from '../src/mikro-orm.js';
import { type Any, type Host, hosts } from './support/mikro-orm.js';

const path = tempPaths();

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Inside `within`, so that its MikroORM resolves; git ignores `.cache`. */
function folderIn(within: string): string {
  mkdirSync(join(root, within, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, within, '.cache', 'entities-'));
  folders.push(folder);
  return folder;
}

/** A class with decorators, compiled as a user's is, with a function in its metadata. */
function writeDecorated(folder: string, more = ''): void {
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

/** MikroORM 7 has its decorators in a package of their own, and schemas without, which are to say where they are. */
function writeDefined(folder: string, more = ''): void {
  const source = `
    import { defineEntity, p } from '@mikro-orm/core';
    export const City = defineEntity({
      name: 'City',
      path: import.meta.filename,
      properties: { id: p.integer().primary(), name: p.string().onCreate(() => 'Paris'), founded: p.datetime().nullable() },
    });
    ${more}`;
  writeFileSync(join(folder, 'city.mjs'), source);
}

/** MikroORM 7 reads the cache, and leaves it to the provider of metadata to write it: those that do are in packages of their own. This does as they do. */
function providerOf({ core }: Host) {
  return class extends core.MetadataProvider {
    saveToCache(meta: Any): void {
      delete meta.root;
      const copy = core.Utils.copy(meta, false);
      for (const key of ['prototype', 'props', 'referencingProperties', 'propertyOrder', 'relations', 'concurrencyCheckKeys', 'checks']) delete copy[key];
      this.config.getMetadataCacheAdapter().set(this.getCacheKey(meta), copy, meta.path);
    }
  };
}

const majors = [
  { ...hosts[0], within: '.', writeEntity: writeDecorated, provider: () => ({}) },
  { ...hosts[1], within: 'test/hosts/mikro-orm-7', writeEntity: writeDefined, provider: (host: Host) => ({ metadataProvider: providerOf(host) }) },
];

async function start({ libsql }: Host, more: object, folder: string, file: string) {
  const log: string[] = [];
  const orm = await libsql.MikroORM.init({
    dbName: ':memory:',
    baseDir: folder,
    entities: ['*.{cjs,mjs}'],
    debug: ['discovery'],
    colors: false,
    logger: (message: string) => log.push(message),
    allowGlobalContext: true,
    metadataCache: { enabled: true, adapter: MapstoneMetadataCache, options: { path: file } },
    resultCache: { adapter: MapstoneResultCache, expiration: 60_000, options: { path: file } },
    ...more,
  });
  return { orm, cached: log.some((message) => message.includes('using cached metadata')) };
}

describe.each(majors)('$label', ({ skip, load, within, writeEntity, provider }) => {
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    if (skip) return;
    host = await load();
    folder = folderIn(within);
  });

  it.skipIf(skip)('metadata is read from the store at the next start, and works; the result cache beside it is another', async () => {
    writeEntity(folder);
    const file = path();
    const first = await start(host, provider(host), folder, file);
    expect(first.cached).toBe(false);
    expect(first.orm.config.getMetadataCacheAdapter()).toBeInstanceOf(MapstoneMetadataCache);
    expect(first.orm.config.getResultCacheAdapter()).toBeInstanceOf(MapstoneResultCache);
    await first.orm.close();

    const { orm, cached } = await start(host, provider(host), folder, file);
    expect(cached).toBe(true);
    const City = [...Object.values<any>(orm.getMetadata().getAll?.() ?? {}), ...orm.getMetadata()].find((meta) => meta.className === 'City');
    expect(Object.keys(City.properties)).toEqual(['id', 'name', 'founded']);
    if (orm.schema.create) await orm.schema.create();
    else await orm.schema.createSchema();
    orm.em.create(City.class, { id: 1, name: 'Rome', founded: new Date(0) });
    await orm.em.flush();
    expect(await orm.em.fork().findOne(City.class, 1, { cache: true })).toMatchObject({ name: 'Rome', founded: new Date(0) });
    await orm.close();
  });

  it.skipIf(skip)('a changed source is read anew', async () => {
    writeEntity(folder);
    const file = path();
    await (await start(host, provider(host), folder, file)).orm.close();
    writeEntity(folder, '// a change');
    const changed = await start(host, provider(host), folder, file);
    expect(changed.cached).toBe(false);
    await changed.orm.close();
    const { orm, cached } = await start(host, provider(host), folder, file);
    expect(cached).toBe(true);
    await orm.close();
  });
});

describe('by itself', () => {
  const folder = folderIn('.');
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
