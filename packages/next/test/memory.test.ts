// The objects a process holds: bounded, and known by their entry's expiry.

import { expect, it } from 'vitest';
import { distinctExpiry, Memory } from '../src/memory.js';

it('gives an object for the expiry it was kept with, and for no other', () => {
  const memory = new Memory(1000);
  const value = { html: 'x' };
  memory.keep('a', 5, value);
  expect([memory.get('a', 5), memory.get('a', 6), memory.get('b', 5)]).toEqual([value, undefined, undefined]);
  memory.drop('a');
  expect(memory.get('a', 5)).toBeUndefined();
});

it('holds no more than it may: the texts, the bytes and the Maps in an entry count', () => {
  for (const large of ['x'.repeat(3000), Buffer.alloc(3000), new Map([['/a', Buffer.alloc(3000)]])]) {
    const memory = new Memory(10_000);
    for (let i = 0; i < 10; i++) memory.keep(`k${i}`, 1, { value: large });
    expect(Array.from({ length: 10 }, (_, i) => memory.get(`k${i}`, 1) !== undefined).filter(Boolean)).toHaveLength(3);
    expect(memory.get('k9', 1)).toBeDefined();
    memory.keep('too large', 1, { value: 'x'.repeat(20_000) });
    expect(memory.get('too large', 1)).toBeUndefined();
  }
  const none = new Memory(0);
  none.keep('a', 1, {});
  expect(none.get('a', 1)).toBeUndefined();
});

it('an expiry is never the one before, and is the one that was asked for, within a millisecond', () => {
  const at = 1_800_000_000_000;
  let before: number | undefined;
  for (let i = 0; i < 20_000; i++) {
    const drawn = distinctExpiry(at, before);
    expect(drawn !== before && drawn >= at && drawn <= at + 1).toBe(true);
    before = drawn;
  }
  const never = Array.from({ length: 1000 }, () => distinctExpiry(undefined, before));
  expect(new Set(never).size).toBe(1000);
  expect(Math.min(...never)).toBeGreaterThan(Date.UTC(2999, 0));
});
