// The longest string that V8 has, which as UTF-16 is just under the limit of a value.
import { constants } from 'node:buffer';
import { freemem } from 'node:os';
import { expect, test } from 'vitest';
import { decodeValue, EncodedValue, encodeValue, MAX_VALUE_BYTES, ValueKind, writeValue } from '../src/log/codec.js';

test.skipIf(freemem() < 8e9)('the longest strings come back (needs 8 GB of free memory)', { timeout: 120_000 }, () => {
  for (const [unit, kind] of [
    ['x', ValueKind.LATIN1],
    ['\u65e5', ValueKind.UTF16],
    ['\ud800', ValueKind.UTF16],
  ] as const) {
    const encoded = new EncodedValue();
    const text = unit.repeat(constants.MAX_STRING_LENGTH);
    encodeValue(text, encoded);
    expect(encoded.kind).toBe(kind);
    expect(encoded.length).toBeLessThanOrEqual(MAX_VALUE_BYTES);
    const bytes = Buffer.allocUnsafeSlow(encoded.length + 1);
    writeValue(encoded, bytes, 1);
    expect(decodeValue(encoded.kind, bytes, 1, bytes.length) === text).toBe(true);
  }
});
