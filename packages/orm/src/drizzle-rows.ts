// What a driver answered, so that it comes back whole. The engine keeps types; two things it can't keep as they are:
// - properties that are not enumerable: libsql's rows have their values under 0, 1, 2 and `length` so, and Drizzle reads those;
// - functions, which node-postgres has in its results beside the rows. They are left out, as JSON would.

/** `table`: arrays of libsql's kind of rows are inside, as Maps; so is a Map that was a Map. Without it `value` is what it was. */
export interface Kept {
  value: unknown;
  table?: true;
}

/** How the rows of one array are made: each property is a column of the values, or the same in all rows. */
type Property = { name: string; enumerable: boolean } & ({ column: number } | { constant: unknown });

export function keep(response: unknown): Kept {
  return needsCare(response, new Set()) ? { value: pack(response, new Map()), table: true } : { value: response };
}

export function restore({ value, table }: Kept): any {
  return table ? unpack(value, new Map()) : value;
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
    if (value.length > 0 && value.every((row) => isContainer(row) && !Array.isArray(row) && hasHidden(row))) return packRows(value, done);
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
  const names = Object.getOwnPropertyNames(rows[0]);
  const alike = rows.every((row) => {
    const own = Object.getOwnPropertyNames(row);
    return own.length === names.length && own.every((name, i) => name === names[i]);
  });
  if (!alike) return rows.map((row) => new Map([['row', packRows([row], done)]]));
  const columns: string[] = [];
  const at = (row: object, name: string) => (row as Record<string, unknown>)[name];
  const properties = names.map((name): Property => {
    const enumerable = Object.prototype.propertyIsEnumerable.call(rows[0], name);
    if (name === 'length' && rows.every((row) => at(row, name) === at(rows[0], name))) return { name, enumerable, constant: at(rows[0], name) };
    // libsql has each value twice, by place and by name.
    const same = columns.findIndex((column) => rows.every((row) => Object.is(at(row, column), at(row, name))));
    return { name, enumerable, column: same >= 0 ? same : columns.push(name) - 1 };
  });
  const values = rows.map((row) => columns.map((column) => pack(at(row, column), done)));
  return new Map<string, unknown>([
    ['rows', values],
    ['properties', properties],
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
  done.set(value, value);
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) value[i] = unpack(value[i], done);
  else for (const name of Object.keys(value)) define(value, name, true, unpack((value as Record<string, unknown>)[name], done));
  return value;
}

function unpackRows(packed: Map<string, unknown>, done: Map<object, unknown>): object[] {
  const properties = packed.get('properties') as Property[];
  return (packed.get('rows') as unknown[][]).map((values) => {
    const row = {};
    for (const property of properties) {
      define(row, property.name, property.enumerable, 'column' in property ? unpack(values[property.column], done) : property.constant);
    }
    return row;
  });
}

// Never by assignment: a column may be called __proto__.
function define(to: object, name: string, enumerable: boolean, value: unknown): void {
  Object.defineProperty(to, name, { value, enumerable, writable: true, configurable: true });
}
