// Both majors of Keyv behind one face, so that a test is written once and runs over each.
import { Keyv as Keyv5 } from 'keyv';
import { Keyv as Keyv6 } from 'keyv6';
import { KeyvMapstone, type KeyvMapstoneOptions } from '../../src/index.js';

// The majors' types differ in places no test here is about.
export type AnyKeyv = any;
export type KeyvClass = new (options?: object) => AnyKeyv;

export interface Major {
  major: 5 | 6;
  Keyv: KeyvClass;
  /** What turns the serializer off. */
  serializerOff: object;
}

export const five: Major = { major: 5, Keyv: Keyv5 as KeyvClass, serializerOff: { serialize: undefined, deserialize: undefined } };
export const six: Major = { major: 6, Keyv: Keyv6 as unknown as KeyvClass, serializerOff: { serialization: false } };
export const majors = [five, six];

/** Each major with its serializer on and off. */
export const setups = majors.flatMap((major) => [
  { ...major, label: `keyv ${major.major}, serializer on`, settings: {} as object },
  { ...major, label: `keyv ${major.major}, serializer off`, settings: major.serializerOff },
]);

/** A Keyv over an adapter of its own, loud about every error. */
export function keyvOn(
  path: string,
  { Keyv, settings = {} }: { Keyv: KeyvClass; settings?: object },
  more: object = {},
  options: Partial<KeyvMapstoneOptions> = {},
): AnyKeyv {
  const keyv = new Keyv({ namespace: 'keyv', store: new KeyvMapstone({ path, ...options }), throwOnErrors: true, ...settings, ...more });
  keyv.on('error', (error: unknown) => {
    throw error;
  });
  return keyv;
}

/** All that an iterator yields, sorted by key. */
export async function collect(iterator: AsyncIterable<any>): Promise<[string, unknown][]> {
  const found: [string, unknown][] = [];
  for await (const [key, value] of iterator) found.push([key, value]);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
