// Where a test happens: a directory of its own with one file, every handle it opened closed at its end, and the file whole.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store, type StoreOptions } from '@mapstone/engine';
import type { Adapter, Settings } from './options.js';
import { OtherProcess } from './other-process.js';

export class Room {
  readonly path: string;
  readonly settings: Settings;
  readonly #opened: Adapter[] = [];
  readonly #processes: OtherProcess[] = [];

  constructor(settings: Settings, directory: string) {
    this.settings = settings;
    this.path = join(directory, 'adapter.mapstone');
  }

  /** A handle on the file: another one at each call. */
  async open(options: StoreOptions = {}): Promise<Adapter> {
    const adapter = await this.settings.open(this.path, options);
    this.#opened.push(adapter);
    return adapter;
  }

  /** The adapter on the same file in another process. */
  async process(): Promise<OtherProcess> {
    const other = await OtherProcess.start(this.settings.module!, this.path);
    this.#processes.push(other);
    return other;
  }

  async closeAll(): Promise<void> {
    for (const other of this.#processes.splice(0)) await other.kill();
    for (const adapter of this.#opened.splice(0)) await adapter.close();
  }

  /** Asserts that keys read as missing, by every way of asking. */
  async absent(adapter: Adapter, ...keys: string[]): Promise<void> {
    for (const key of keys) {
      assert.deepEqual(await adapter.get(key), this.settings.missing, `get(${show(key)}) is a miss`);
      if (!this.settings.without.has('has')) assert.equal(await adapter.has!(key), false, `has(${show(key)})`);
    }
    if (this.settings.without.has('keys')) return;
    const listed = await keysOf(adapter);
    assert.deepEqual(
      keys.filter((key) => listed.includes(key)),
      [],
      'keys() lists none of them',
    );
  }

  /** Asserts what a key reads as, by every way of asking. */
  async present(adapter: Adapter, key: string, value: unknown): Promise<void> {
    equal(await adapter.get(key), value, `get(${show(key)})`);
    if (!this.settings.without.has('has')) assert.equal(await adapter.has!(key), true, `has(${show(key)})`);
    if (!this.settings.without.has('keys')) assert.ok((await keysOf(adapter)).includes(key), `keys() lists ${show(key)}`);
  }
}

/** Runs a test in a room of its own. */
export async function inRoom(settings: Settings, work: (room: Room) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mapstone-conformance-'));
  const room = new Room(settings, directory);
  try {
    await work(room);
    await room.closeAll();
    checkFile(room.path);
  } finally {
    await room.closeAll().catch(() => {}); // after a failure, which is the one to hear of
    rmSync(directory, { recursive: true, force: true });
  }
}

function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const store = openWhole(path);
  try {
    assert.deepEqual(store.check(), [], 'check() finds the file whole');
  } finally {
    store.close();
  }
}

/** As what it is: a store, or a cache. */
function openWhole(path: string): Store {
  try {
    return openStore(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_STORE_MODE') throw error;
    return openStore(path, { eviction: 's3-fifo', maxSize: 2 ** 36 });
  }
}

export async function keysOf(adapter: Adapter): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of await adapter.keys!()) keys.push(key);
  return keys;
}

/** What a call came to: its result, or what it threw or rejected with. */
export async function outcome(call: () => unknown): Promise<{ result?: unknown; error?: unknown }> {
  try {
    return { result: await call() };
  } catch (error) {
    return { error };
  }
}

/** A clear error: an Error that says something, and that a program can tell from others. */
export function assertClear(error: unknown, what: string): void {
  assert.ok(error instanceof Error, `${what}: what is thrown is an Error`);
  assert.ok(error.message.length > 0, `${what}: the error says something`);
  const { code } = error as { code?: unknown };
  assert.ok(
    typeof code === 'string' || error instanceof TypeError || error instanceof RangeError,
    `${what}: the error has a code, or is a TypeError or RangeError`,
  );
}

// The report of a deep comparison of two long things takes minutes to make.
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (typeof expected === 'string' && expected.length > 1000) assert.ok(actual === expected, `${what} is the long string that was set`);
  else if (Buffer.isBuffer(expected) && expected.length > 1000)
    assert.ok(Buffer.isBuffer(actual) && expected.equals(actual), `${what} is the long Buffer that was set`);
  else assert.deepEqual(actual, expected, what);
}

export function show(key: string): string {
  return key.length > 40 ? `${JSON.stringify(key.slice(0, 10))}... of ${key.length} characters` : JSON.stringify(key);
}
