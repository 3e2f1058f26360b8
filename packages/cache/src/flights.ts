// Loads under way in this thread, by token. Caches on one file share them; the CommonJS twin of this module has its own, and then one waits for the other.

/** Milliseconds, 24 days: a timer of Node's that is longer fires at once. Whoever waits so long waits for ever. */
export const LONGEST_TIMER = 2 ** 31 - 1;

const flights = new Map<string, Flight>();

export interface Landed {
  outcome: Promise<unknown>;
}

/** A load, to be joined until its lease is over: one that never ends must hold up nobody for longer, and is not kept for longer either. */
export class Flight {
  readonly token: string;
  readonly #landed: Promise<Landed>;
  readonly #over: Promise<undefined>;
  readonly #forgotten: () => void;
  readonly #timer: NodeJS.Timeout | undefined;

  /** `forgotten` is called once, when nobody can join any more. */
  constructor(token: string, load: Promise<unknown>, lease: number, forgotten: () => void) {
    this.token = token;
    this.#forgotten = forgotten;
    // The load itself, in an object: it may have failed, and that is an outcome as well.
    this.#landed = load.then(
      () => ({ outcome: load }),
      () => ({ outcome: load }),
    );
    let over!: (nothing: undefined) => void;
    this.#over = new Promise((resolve) => {
      over = resolve;
    });
    if (lease <= LONGEST_TIMER) {
      this.#timer = setTimeout(() => {
        this.forget();
        over(undefined);
      }, lease);
      this.#timer.unref();
    }
    flights.set(token, this);
    const landed = () => {
      clearTimeout(this.#timer);
      this.forget();
    };
    this.#landed.then(landed);
  }

  /** How the load ended; `undefined` if its lease was over before. Who can't make the value himself by then, since his cache `isClosed`, goes on waiting. */
  async join(isClosed: () => boolean): Promise<Landed | undefined> {
    // Somebody waits now.
    this.#timer?.ref();
    return (await Promise.race([this.#landed, this.#over])) ?? (isClosed() ? this.#landed : undefined);
  }

  /** Lets nobody else join. */
  forget(): void {
    if (flights.delete(this.token)) this.#forgotten();
  }
}

export function flightOf(token: string): Flight | undefined {
  return flights.get(token);
}
