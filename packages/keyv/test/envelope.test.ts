// Which rows become a record's own fields, and which are stored as the object they are.
import { describe, expect, it } from 'vitest';
import { tempPaths } from '../../../test/support/temp.js';
import { asGiven, fitsRecord, instant } from '../src/envelope.js';
import { KeyvMapstone } from '../src/index.js';

const path = tempPaths();
const later = Date.now() + 3_600_000;

describe('an envelope', () => {
  it.each([
    ['without an expiry', { value: 1, expires: undefined }, undefined],
    ['with no `expires` at all', { value: 1 }, undefined],
    ['that expires', { value: 1, expires: later }, later],
    ['that expires a moment before the ttl says (keyv 5)', { value: 1, expires: later }, later + 3],
    ['whose expiry is told nowhere else', { value: 1, expires: later }, undefined],
    ['that expires at a fraction of a millisecond', { value: 1, expires: later + 0.5 }, later + 1],
    ['that expired before 1970', { value: 1, expires: -5 }, -5],
    ['of null', { value: null, expires: undefined }, undefined],
    ['of an envelope', { value: { value: 1 }, expires: undefined }, undefined],
  ])('%s fits a record', (_, row, until) => {
    expect(fitsRecord(row, until)).toBe(true);
  });

  it.each([
    ['with a third field', { value: 1, expires: undefined, tags: ['a'] }, undefined],
    ['of undefined', { value: undefined, expires: undefined }, undefined],
    ['that never expires', { value: 1, expires: Infinity }, undefined],
    ['with NaN', { value: 1, expires: NaN }, undefined],
    ['with null for an expiry', { value: 1, expires: null }, undefined],
    ['with a date for an expiry', { value: 1, expires: new Date() }, undefined],
    ['whose expiry is later than the argument says', { value: 1, expires: later }, later - 1],
    ['without an expiry where the argument has one', { value: 1, expires: undefined }, later],
  ])('%s is stored whole, and comes back as given', async (_, row, until) => {
    expect(fitsRecord(row, until)).toBe(false);
    const store = new KeyvMapstone({ path: path(), keyv: 6 });
    await store.set('k', row, until);
    expect(await store.get('k')).toStrictEqual(row);
    expect(store.engine.expiresAt('k')).toBe(until ?? Infinity);
  });

  it.each([
    [null],
    [undefined],
    ['{"value":1}'],
    [1],
    [[]],
    [[1]],
    [{}],
    [{ expires: later }],
    [new Map([['value', 1]])],
    [new Date()],
    [Buffer.from('value')],
  ])('%o is none', (row) => {
    expect(fitsRecord(row, undefined)).toBe(false);
  });

  it('is rebuilt from the record', () => {
    expect(asGiven({ value: 1, expiresAt: Infinity, flag: true })).toStrictEqual({ value: 1, expires: undefined });
    expect(asGiven({ value: 1, expiresAt: later, flag: true })).toStrictEqual({ value: 1, expires: later });
    expect(asGiven({ value: 'row', expiresAt: later, flag: false })).toBe('row');
  });
});

describe('an instant', () => {
  it.each([
    [1.2, 1.2],
    [0, 0],
    [-7, -7],
    [1e20, 1e20],
    [Infinity, undefined],
    [-Infinity, undefined],
    [NaN, undefined],
  ])('%d is %o to the engine', (given, taken) => {
    expect(instant(given)).toBe(taken);
  });
});
