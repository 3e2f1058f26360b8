// An exhaustive model checker: every interleaving of a few small programs over one shared memory, breadth first, each state looked at once.
// A program is a generator that yields one atomic operation at a time. What it will do next depends only on what it was told since it was entered, so that is
// its state: a node in a tree of answers. `return enter(...)` starts a program afresh (loops, the next operation), which keeps the trees finite.

/** One atomic operation on the shared memory; what it returns is what the program is told. */
export interface Operation {
  name: string;
  run(memory: Uint8Array): number;
}

export interface Entry {
  program: string;
  args: readonly unknown[];
}

export const enter = (program: string, ...args: unknown[]): Entry => ({ program, args });

export type Program = Generator<Operation, Entry | undefined, number>;
export type Programs = Record<string, (...args: any[]) => Program>;

/** Thrown by an operation that sees what must never be. */
export class Violation extends Error {}

export interface Process {
  name: string;
  start: Entry;
  /** Its end, at any point: what the kernel then does to the memory. Absent: it does not die. */
  die?: (memory: Uint8Array) => void;
}

export interface Model {
  programs: Programs;
  processes: readonly Process[];
  memory: Uint8Array;
  /** Looks at each state in which nothing can happen any more. Throws `Violation`. */
  atEnd(memory: Uint8Array): void;
}

export interface Outcome {
  states: number;
  steps: number;
  /** States in which all programs had ended. */
  ends: number;
  violation?: { what: string; trace: string[] };
}

class Node {
  readonly id: number;
  readonly entry: Entry;
  readonly answers: readonly number[];
  readonly operation: Operation;
  readonly next = new Map<number, number>();

  constructor(id: number, entry: Entry, answers: readonly number[], operation: Operation) {
    this.id = id;
    this.entry = entry;
    this.answers = answers;
    this.operation = operation;
  }
}

const ENDED = 0;
const DEAD = 1;

/** All places that the programs have been found in so far. */
class Places {
  private readonly programs: Programs;
  private readonly entries = new Map<string, number>();
  readonly nodes: (Node | undefined)[] = [undefined, undefined];

  constructor(programs: Programs) {
    this.programs = programs;
  }

  at(entry: Entry): number {
    const name = JSON.stringify(entry);
    let id = this.entries.get(name);
    if (id === undefined) {
      id = this.find(entry, []);
      this.entries.set(name, id);
    }
    return id;
  }

  after(node: Node, answer: number): number {
    let id = node.next.get(answer);
    if (id === undefined) {
      id = this.find(node.entry, [...node.answers, answer]);
      node.next.set(answer, id);
    }
    return id;
  }

  private find(entry: Entry, answers: readonly number[]): number {
    const program = this.programs[entry.program](...entry.args);
    let { value, done } = program.next();
    for (const answer of answers) ({ value, done } = program.next(answer));
    if (done) return value === undefined ? ENDED : this.at(value as Entry);
    const id = this.nodes.length;
    if (id > 0xffff) throw new Error('the programs have too many places: enter() them afresh more often');
    this.nodes.push(new Node(id, entry, answers, value as Operation));
    return id;
  }
}

/** Runs a model through all its interleavings, or to the first (and so shortest) violation. Throws if there are more than `limit` states. */
export function explore(model: Model, limit = 3_000_000): Outcome {
  const places = new Places(model.programs);
  const { processes } = model;
  const count = processes.length;
  const size = model.memory.length;
  // A state: the memory, then two bytes of place for each process.
  const state = Buffer.alloc(size + 2 * count);
  state.set(model.memory);
  for (const [i, { start }] of processes.entries()) state.writeUInt16LE(places.at(start), size + 2 * i);
  const states = [state.toString('latin1')];
  const known = new Map([[states[0], 0]]);
  const parents = [-1];
  /** Which process moved, `~process` if it died. */
  const movers = [0];
  const links: number[] = [];
  const ends: number[] = [];
  let steps = 0;

  const trace = (at: number): string[] => {
    const lines: string[] = [];
    for (; parents[at] >= 0; at = parents[at]) {
      const mover = movers[at];
      if (mover < 0) lines.push(`${processes[~mover].name} dies`);
      else {
        const place = Buffer.from(states[parents[at]], 'latin1').readUInt16LE(size + 2 * mover);
        lines.push(`${processes[mover].name}: ${places.nodes[place]?.operation.name}`);
      }
    }
    return lines.reverse();
  };
  const outcome = (): Outcome => ({ states: states.length, steps, ends: ends.length });
  const keep = (from: number, mover: number): void => {
    steps++;
    const name = state.toString('latin1');
    let to = known.get(name);
    if (to === undefined) {
      to = states.length;
      if (to >= limit) throw new Error(`over ${limit} states: the model is too large`);
      states.push(name);
      known.set(name, to);
      parents.push(from);
      movers.push(mover);
    }
    links.push(from, to);
  };

  for (let at = 0; at < states.length; at++) {
    let moved = false;
    for (let i = 0; i < count; i++) {
      state.write(states[at], 'latin1');
      const place = state.readUInt16LE(size + 2 * i);
      const node = places.nodes[place];
      if (node === undefined) continue;
      moved = true;
      try {
        const answer = node.operation.run(state);
        state.writeUInt16LE(places.after(node, answer), size + 2 * i);
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return { ...outcome(), violation: { what: error.message, trace: [...trace(at), `${processes[i].name}: ${node.operation.name}`] } };
      }
      keep(at, i);
      const { die } = processes[i];
      if (die === undefined) continue;
      state.write(states[at], 'latin1');
      die(state);
      state.writeUInt16LE(DEAD, size + 2 * i);
      keep(at, ~i);
    }
    if (moved) continue;
    ends.push(at);
    try {
      state.write(states[at], 'latin1');
      model.atEnd(state);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { ...outcome(), violation: { what: error.message, trace: trace(at) } };
    }
  }
  const stuck = firstStuck(states.length, links, ends);
  if (stuck >= 0) return { ...outcome(), violation: { what: 'from here no end can be reached: the living go round for ever', trace: trace(stuck) } };
  return outcome();
}

/** The first state from which no end can be reached, -1 if there is none. */
function firstStuck(count: number, links: readonly number[], ends: readonly number[]): number {
  // Links by where they lead, as linked lists in arrays.
  const head = new Int32Array(count).fill(-1);
  const next = new Int32Array(links.length >> 1);
  for (let link = 0; link < next.length; link++) {
    const to = links[2 * link + 1];
    next[link] = head[to];
    head[to] = link;
  }
  const ending = new Uint8Array(count);
  const queue = [...ends];
  for (const at of ends) ending[at] = 1;
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (let link = head[at]; link >= 0; link = next[link]) {
      const from = links[2 * link];
      if (ending[from] === 1) continue;
      ending[from] = 1;
      queue.push(from);
    }
  }
  return ending.indexOf(0);
}
