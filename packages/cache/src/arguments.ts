// The text of a call's arguments: not the same for any two that differ. What has strings in it is written here, each of them quoted and escaped, which ohash does
// not do: f("a','b") is not f('a', 'b'). What is one of a kind (Date, RegExp, URL, typed arrays, functions) is told by ohash.

import { serialize } from 'ohash';

/** `above`: the objects that it lies in, so that a cycle ends. */
export function textOf(value: unknown, above: readonly object[] = []): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'symbol' || typeof value === 'function') return framed(value);
  if (typeof value !== 'object' || value === null) return serialize(value);
  const depth = above.indexOf(value);
  if (depth !== -1) return `#${depth}`;
  const within = [...above, value];
  const of = (inner: unknown) => textOf(inner, within);
  if (Array.isArray(value)) return `[${Array.from(value, of)}]`;
  if (value instanceof Set) return `Set[${Array.from(value, of).sort()}]`;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind === 'Object') return textOfObject(value, of);
  // Map, Headers, URLSearchParams, FormData: of one name's values the order counts.
  const { entries } = value as { entries?: () => Iterable<[unknown, unknown]> };
  if (typeof entries !== 'function' || ArrayBuffer.isView(value)) return framed(value);
  const pairs = Array.from(entries.call(value), ([name, inner]) => [of(name), of(inner)]);
  return `${kind}{${pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map((pair) => pair.join(':'))}}`;
}

function textOfObject(object: object, of: (inner: unknown) => string): string {
  const { name } = Object.getPrototypeOf(object)?.constructor ?? Object;
  const kind = name === 'Object' ? '' : name;
  const { toJSON } = object as { toJSON?: () => unknown };
  if (typeof toJSON === 'function') return `${kind}(${of(toJSON.call(object))})`;
  const keys = Object.keys(object).sort();
  return `${kind}{${keys.map((key) => `${JSON.stringify(key)}:${of(object[key as keyof typeof object])}`)}}`;
}

function framed(value: unknown): string {
  return `(${JSON.stringify(serialize(value))})`;
}
