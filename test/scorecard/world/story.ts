// Random operations as data: a seed tells a story, and a story can be run again with some of its operations left out.

import { random } from '../../support/random.js';

export interface Item {
  key: number;
  /** Tells the value: see `valueFrom`. */
  value: number;
  /** Milliseconds, 0 for none. */
  ttl: number;
}

type Act =
  | { do: 'set' | 'update'; item: Item }
  | { do: 'get'; key: number }
  | { do: 'delete'; key: number }
  | { do: 'touch'; key: number; ttl: number }
  | { do: 'batch'; items: (Item & { gone: boolean })[] }
  | { do: 'deleteMany'; keys: number[] }
  | { do: 'clear prefix'; key: number }
  /** Sets an item at each key that comes. */
  | { do: 'iterate'; items: Item[] }
  | { do: 'clear' | 'compact' | 'flush' | 'flush aside' | 'reopen' | 'die' | 'backup' }
  | { do: 'wait'; ms: number };

/** `dice` seeds all that happens by chance while it runs, so that an operation does the same in a story that others were left out of. */
export type Operation = Act & { dice: number };

/** How often each operation is told, beside the others. */
export type Profile = Partial<Record<Operation['do'], number>>;

export const EVERYDAY: Profile = {
  set: 50,
  delete: 20,
  touch: 5,
  batch: 8,
  deleteMany: 2,
  clear: 0.4,
  compact: 0.6,
  flush: 6,
  'flush aside': 4,
  wait: 6,
  reopen: 0.7,
  die: 0.7,
};

export interface Telling {
  /** Keys are numbers below. */
  keys: number;
  profile: Profile;
  /** Bytes of the longest plain value, and how many values of a hundred are longer than a segment. */
  longest: number;
  chained: number;
  /** The share of batches in which each key is deleted, there or not, and then set. */
  renewed?: number;
  /** Keys that are set first, so that the index is about to grow. */
  filled?: number;
}

/** A value told by a number: its upper bits are its length, the lower ones what is in it. */
export function valueFrom(value: number): unknown {
  const length = value >>> 16;
  const text = `${value & 0xffff}:`;
  if (length === 0) return value & 0xffff;
  // Every piece of it differs from every piece of another value.
  if (value % 11 === 0) return { value, text: text.repeat(Math.ceil(length / text.length / 2)), list: [length, 'é€'] };
  if (value % 13 === 0) return `${text.repeat(Math.ceil(length / text.length))}€`;
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

/** More keys than that, and an index of one segment of 4 KiB grows. */
export const CROWDED = 288;

export function tell(seed: number, count: number, { keys, profile, longest, chained, renewed = 0.1, filled = 0 }: Telling): Operation[] {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const acts = Object.entries(profile) as [Operation['do'], number][];
  const total = acts.reduce((sum, [, weight]) => sum + weight, 0);
  const ttl = () => (next() < 0.7 ? 0 : 1 + below(300));
  const length = () => (next() * 100 < chained ? 4000 + below(9000) : Math.floor(next() ** 3 * longest));
  const item = (): Item => ({ key: below(keys), value: (length() << 16) | below(65536), ttl: ttl() });
  const act = (): Act => {
    let dice = next() * total;
    const name = acts.find(([, weight]) => (dice -= weight) < 0)?.[0] ?? acts[0][0];
    switch (name) {
      case 'set':
      case 'update':
        return { do: name, item: item() };
      case 'get':
      case 'delete':
      case 'clear prefix':
        return { do: name, key: below(keys) };
      case 'iterate':
        return { do: name, items: Array.from({ length: below(30) }, item) };
      case 'touch':
        return { do: name, key: below(keys), ttl: ttl() };
      case 'batch':
        return { do: name, items: batchOf(next() < 0.1 ? 60 : 8) };
      case 'deleteMany':
        return { do: name, keys: Array.from({ length: 1 + below(8) }, () => below(keys)) };
      case 'wait':
        return { do: name, ms: 1 + below(120) };
      default:
        return { do: name };
    }
  };
  const batchOf = (most: number) => {
    const items = Array.from({ length: 1 + below(most) }, () => ({ ...item(), gone: next() < 0.3 }));
    return next() >= renewed
      ? items
      : items.flatMap((one) => [
          { ...one, gone: true },
          { ...one, gone: false },
        ]);
  };
  const story: Operation[] = Array.from({ length: count }, () => ({ ...act(), dice: below(2 ** 32) }));
  if (filled === 0) return story;
  const items = Array.from({ length: filled }, (_, key) => ({ key, value: (4 << 16) | key, ttl: 0, gone: false }));
  return [{ do: 'batch', items, dice: 1 }, ...story];
}

const spellItem = ({ key, value, ttl }: Item) => `key ${key}, value ${value & 0xffff} of ${value >>> 16} bytes${ttl > 0 ? `, ttl ${ttl}` : ''}`;

export function spell(operation: Operation): string {
  switch (operation.do) {
    case 'set':
    case 'update':
      return `${operation.do} ${spellItem(operation.item)}`;
    case 'get':
    case 'delete':
    case 'clear prefix':
      return `${operation.do} key ${operation.key}`;
    case 'iterate':
      return `iterate, and at each key: ${operation.items.map((one) => `set ${spellItem(one)}`).join('; ')}`;
    case 'touch':
      return `touch key ${operation.key}, ttl ${operation.ttl}`;
    case 'batch':
      return `batch: ${operation.items.map((one) => (one.gone ? `delete key ${one.key}` : `set ${spellItem(one)}`)).join('; ')}`;
    case 'deleteMany':
      return `deleteMany ${operation.keys.join(', ')}`;
    case 'wait':
      return `${operation.ms} ms later`;
    default:
      return operation.do;
  }
}
