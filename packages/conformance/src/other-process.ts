// The adapter in a process of its own, called by name over IPC, until it is killed: it is never closed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

// A program in a string, so that nothing has to be found beside this file, whether it runs from source or built.
const PROGRAM = `
const { open } = await import(process.argv[1]);
const adapter = await open(process.argv[2], {});
process.on('message', async ({ id, method, args }) => {
  try {
    process.send({ id, result: await adapter[method](...args) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.send({ id: 0 });
`;

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  private constructor(module: string | URL, path: string) {
    const url = module instanceof URL || /^[a-z]+:/.test(module) ? String(module) : pathToFileURL(module).href;
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, url, path], {
      // Set by node:test for its own children, whose output it reads.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    this.#child.on('exit', (code, signal) => {
      for (const [id, settle] of this.#waiting) settle({ id, error: `the other process ended (${signal ?? code})` });
    });
  }

  static async start(module: string | URL, path: string): Promise<OtherProcess> {
    const other = new OtherProcess(module, path);
    await other.#answer(0);
    return other;
  }

  call(method: 'get' | 'set' | 'delete' | 'clear', ...args: unknown[]): Promise<unknown> {
    const id = ++this.#calls;
    const answer = this.#answer(id);
    // It may have ended: then nobody answers.
    this.#child.send({ id, method, args }, (error) => error && this.#waiting.get(id)?.({ id, error: `it takes no calls: ${error.message}` }));
    return answer;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await over;
  }

  async #answer(id: number): Promise<unknown> {
    const { result, error } = await new Promise<Answer>((settle) => this.#waiting.set(id, settle));
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`in the other process: ${error}`);
    return result;
  }
}
