// The Next app of examples/next: built once, and served by real `next start` processes on a loopback port.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const app = fileURLToPath(new URL('../../../../examples/next', import.meta.url));
const next = join(app, 'node_modules/next/dist/bin/next');
export const installed = existsSync(next);

// Next looks at NODE_ENV, which the test runner sets.
const environment = (more: object) => {
  const { NODE_ENV, VITEST, ...env } = process.env;
  return { ...env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...more } as unknown as NodeJS.ProcessEnv;
};

export async function build(env: object): Promise<string> {
  const child = spawn(process.execPath, [next, 'build'], { cwd: app, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const code = await ended(child);
  if (code !== 0) throw new Error(`next build ended with exit code ${code}:\n${output.join('')}`);
  return output.join('');
}

const running = new Set<Server>();

export async function killAll(): Promise<void> {
  for (const server of running) await server.end('SIGKILL');
}

export class Server {
  readonly #child: ChildProcess;
  readonly #origin: string;
  readonly output: string[];

  private constructor(child: ChildProcess, port: number, output: string[]) {
    this.#child = child;
    this.#origin = `http://127.0.0.1:${port}`;
    this.output = output;
    running.add(this);
  }

  static async start(env: object): Promise<Server> {
    const port = await freePort();
    const args = [next, 'start', '-H', '127.0.0.1', '-p', String(port)];
    const child = spawn(process.execPath, args, { cwd: app, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(child);
    const server = new Server(child, port, output);
    await new Promise<void>((done, failed) => {
      child.stdout?.on('data', () => output.join('').includes('Ready in') && done());
      child.on('exit', (code) => failed(new Error(`next start ended with ${code}:\n${output.join('')}`)));
    });
    return server;
  }

  get(path: string): Promise<Response> {
    return fetch(this.#origin + path);
  }

  /** The random number in the page, and how Next says it came by it. */
  async value(path: string): Promise<string> {
    const response = await this.get(path);
    const body = await response.text();
    const found = /id="value">([^<]+)<|"value":([\d.]+)/.exec(body);
    if (response.status !== 200 || found === null) throw new Error(`${path} gave ${response.status}:\n${body}\n${this.output.join('')}`);
    return found[1] ?? found[2];
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    running.delete(this);
    this.#child.removeAllListeners('exit');
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = ended(this.#child);
    this.#child.kill(signal);
    await over;
  }
}

/** Renderings so far, by what was rendered. Of each, how often. */
export class Renders {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    this.reset();
  }

  reset(): void {
    writeFileSync(this.path, '');
  }

  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const line of readFileSync(this.path, 'utf8').split('\n').filter(Boolean)) {
      const [what] = line.split(' ');
      counts[what] = (counts[what] ?? 0) + 1;
    }
    return counts;
  }
}

function collect(child: ChildProcess): string[] {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => output.push(String(data)));
  return output;
}

const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.once('close', (code) => done(code)));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
