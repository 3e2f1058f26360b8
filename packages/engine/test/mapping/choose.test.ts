// Which mapping is chosen, and what is said where none loads. Other platforms are played in a process of their own.
import { describe, expect, test } from 'vitest';
import { chooseMapping, unavailable } from '../../src/mapping/choose.js';
import { refusal } from '../../src/mapping/file-system.js';
import { loader, skipUnlessBuilt, startProcess } from './support.js';

const choose = new URL('../../src/mapping/choose.ts', import.meta.url).href;

/** Runs `before`, then asks for mappings; one answer per kind asked. */
async function answers(before: string, kinds: (string | undefined)[]): Promise<string[]> {
  const script = `
    import Module from 'node:module';
    import os from 'node:os';
    const without = (...names) => {
      const load = Module._load;
      Module._load = (name, ...rest) => { if (names.includes(name)) throw new Error('no ' + name); return load(name, ...rest); };
    };
    ${before};
    const { chooseMapping } = await import(${JSON.stringify(choose)});
    const ask = (kind) => { try { return chooseMapping(kind ?? undefined).kind; } catch (error) { return error.code + ' ' + error.message; } };
    console.log(JSON.stringify(${JSON.stringify(kinds)}.map(ask)));`;
  return JSON.parse(await startProcess(process.execPath, ['--import', loader, '--input-type=module', '-e', script]).line());
}

describe('chooseMapping', () => {
  test('takes mmap-io where it loads', (context) => {
    skipUnlessBuilt(context, 'mmap-io');
    expect([chooseMapping().kind, chooseMapping('mmap-io').kind, unavailable('mmap-io')]).toEqual(['mmap-io', 'mmap-io', undefined]);
  });

  test('takes what it is told to, and gives one mapping per kind', () => {
    expect([chooseMapping('koffi').kind, chooseMapping('memory').kind]).toEqual(['koffi', 'memory']);
    expect(chooseMapping('memory')).toBe(chooseMapping('memory'));
  });

  test('takes koffi where mmap-io does not load, and says why to whom asks for mmap-io', async () => {
    const [kind, forced] = await answers("without('mmap-io')", [undefined, 'mmap-io']);
    expect(kind).toBe('koffi');
    expect(forced).toMatch(/^ERR_PLATFORM_UNSUPPORTED mapping 'mmap-io' does not load .*no mmap-io.*mapping: 'koffi'.*mapping: 'memory' works everywhere/);
  });

  test.each([
    ['without koffi', "without('koffi')", /no koffi/],
    ['without either', "without('koffi', 'mmap-io')", /no koffi/],
    ['on Windows', "Object.defineProperty(process, 'platform', { value: 'win32' })", /win32/],
    ['on 32 bits', "Object.defineProperty(process, 'arch', { value: 'ia32' })", /ia32/],
    ['on a big-endian machine', "os.endianness = () => 'BE'; Module.syncBuiltinESMExports()", /big-endian machine .* little-endian/],
  ])('%s, importing throws nothing and only memory is left', async (_, before, reason) => {
    const [none, forced, memory] = await answers(before, [undefined, 'koffi', 'memory']);
    for (const answer of [none, forced]) {
      expect(answer).toMatch(/^ERR_PLATFORM_UNSUPPORTED /);
      expect(answer).toMatch(reason);
      expect(answer).toContain("mapping: 'memory' works everywhere");
    }
    expect(memory).toBe('memory');
  });
});

describe('file systems', () => {
  test.each([
    ['ext4', 0xef53],
    ['xfs', 0x58465342],
    ['btrfs', 0x9123683e],
    ['btrfs, signed', 0x9123683e | 0],
    ['tmpfs', 0x01021994],
    ['overlayfs', 0x794c7630],
  ])('%s may hold a store', (_, magic) => {
    expect(refusal(magic)).toBeUndefined();
  });

  test.each([
    ['NFS', 0x6969],
    ['CIFS', 0xff534d42],
    ['SMB2', 0xfe534d42],
    ['SMB2', 0xfe534d42 | 0],
    ['FUSE', 0x65735546],
    ['9p', 0x01021997],
    ['Ceph', 0x00c36400],
    ['unknown', 0x12345],
  ])('%s may not', (name, magic) => {
    expect(refusal(magic)).toContain(name);
  });
});
