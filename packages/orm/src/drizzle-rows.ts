// What a driver answered, so that it comes back whole. The engine keeps types; two things it can't keep as they are:
// - properties that are not enumerable: libsql's rows have their values under 0, 1, 2 and `length` so, and Drizzle reads those;
// - functions, which node-postgres has in its results beside the rows. They are left out, as JSON would.

/** With a `shape`, `value` is the values of rows; with `packed`, there are such rows, or Maps, somewhere inside; else it is what it was. */
export interface Kept {
  value: unknown;
  shape?: Shape;
  packed?: true;
}

/** How the rows of one array are made, property by property, in plain arrays: the engine decodes those fastest. */
interface Shape {
  names: string[];
  enumerable: boolean[];
  /** Of the values of a row; -1 is the `length`. */
  columns: number[];
  length: unknown;
}

export function keep(response: unknown): Kept {
  if (!needsCare(response, new Set())) return { value: response };
  if (Array.isArray(response) && areRows(response)) {
    const shape = shapeOf(response);
    // With cells that need no care themselves, as they all do from a database.
    if (shape !== undefined && !response.some((row) => Object.getOwnPropertyNames(row).some((name) => needsCare(row[name], new Set())))) {
      return { value: valuesOf(response, shape), shape };
    }
  }
  return { value: pack(response, new Map()), packed: true };
}

export function restore({ value, shape, packed }: Kept): any {
  if (shape) return rowsOf(value as unknown[][], shape);
  return packed ? unpack(value, new Map()) : value;
}

const areRows = (list: unknown[]) => list.length > 0 && list.every((row) => isContainer(row) && !Array.isArray(row) && hasHidden(row));

/** Undefined where the rows are not all alike. */
function shapeOf(rows: any[]): Shape | undefined {
  const names = Object.getOwnPropertyNames(rows[0]);
  const alike = rows.every((row) => {
    const own = Object.getOwnPropertyNames(row);
    return own.length === names.length && own.every((name, i) => name === names[i]);
  });
  if (!alike) return undefined;
  const columns: string[] = [];
  return {
    names,
    enumerable: names.map((name) => Object.prototype.propertyIsEnumerable.call(rows[0], name)),
    length: rows[0].length,
    columns: names.map((name) => {
      if (name === 'length' && rows.every((row) => row.length === rows[0].length)) return -1;
      // libsql has each value twice, by place and by name.
      const same = columns.findIndex((column) => rows.every((row) => Object.is(row[column], row[name])));
      return same >= 0 ? same : columns.push(name) - 1;
    }),
  };
}

function valuesOf(rows: any[], { names, columns }: Shape): unknown[][] {
  const first = Array.from({ length: Math.max(...columns) + 1 }, (_, column) => names[columns.indexOf(column)]);
  return rows.map((row) => first.map((name) => row[name]));
}

function rowsOf(values: unknown[][], { names, enumerable, columns, length }: Shape): object[] {
  return values.map((row) => {
    const made: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) {
      const value = columns[i] < 0 ? length : row[columns[i]];
      // By assignment where that does the same, which is faster.
      if (enumerable[i] && names[i] !== '__proto__') made[names[i]] = value;
      else define(made, names[i], enumerable[i], value);
    }
    return made;
  });
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  // Bytes, dates and the like are the engine's to keep. An object of a driver's class is as good as a plain one.
  return Object.prototype.toString.call(value) === '[object Object]';
}

function needsCare(value: unknown, seen: Set<object>): boolean {
  if (typeof value === 'function' || typeof value === 'symbol' || value instanceof Map) return true;
  if (!isContainer(value) || seen.has(value)) return false;
  seen.add(value);
  if (Array.isArray(value)) return value.some((one) => needsCare(one, seen));
  return hasHidden(value) || Object.values(value).some((one) => needsCare(one, seen));
}

const hasHidden = (value: object) => Object.getOwnPropertyNames(value).length > Object.keys(value).length;

function pack(value: unknown, done: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (value instanceof Map) return new Map([['map', value]]);
  if (!isContainer(value)) return value;
  // What holds itself holds its copy.
  if (done.has(value)) return done.get(value);
  if (Array.isArray(value)) {
    if (areRows(value)) return packRows(value, done);
    const copy: unknown[] = [];
    done.set(value, copy);
    for (const one of value) copy.push(pack(one, done));
    return copy;
  }
  if (hasHidden(value)) return new Map([['row', packRows([value], done)]]);
  const copy: Record<string, unknown> = {};
  done.set(value, copy);
  for (const [name, one] of Object.entries(value)) if (typeof one !== 'function' && typeof one !== 'symbol') define(copy, name, true, pack(one, done));
  return copy;
}

function packRows(rows: object[], done: Map<object, unknown>): unknown {
  const shape = shapeOf(rows);
  if (shape === undefined) return rows.map((row) => new Map([['row', packRows([row], done)]]));
  return new Map<string, unknown>([
    ['rows', valuesOf(rows, shape).map((row) => row.map((cell) => pack(cell, done)))],
    ['shape', shape],
  ]);
}

function unpack(value: unknown, done: Map<object, unknown>): unknown {
  if (value instanceof Map) {
    if (value.has('map')) return value.get('map');
    if (value.has('row')) return unpackRows(value.get('row'), done)[0];
    return unpackRows(value, done);
  }
  if (!isContainer(value)) return value;
  if (done.has(value)) return done.get(value);
  // A copy, since with `objectCache` what was read may be anybody's.
  const copy: any = Array.isArray(value) ? [] : {};
  done.set(value, copy);
  if (Array.isArray(value)) for (const one of value) copy.push(unpack(one, done));
  else for (const [name, one] of Object.entries(value)) define(copy, name, true, unpack(one, done));
  return copy;
}

function unpackRows(packed: Map<string, unknown>, done: Map<object, unknown>): object[] {
  const values = (packed.get('rows') as unknown[][]).map((row) => row.map((cell) => unpack(cell, done)));
  return rowsOf(values, packed.get('shape') as Shape);
}

function define(to: object, name: string, enumerable: boolean, value: unknown): void {
  Object.defineProperty(to, name, { value, enumerable, writable: true, configurable: true });
}
