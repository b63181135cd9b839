/**
 * A thread that does what a test tells it (agent.mjs), and waiting for what another thread does.
 */
import { CLOSED, type Fiber } from "@good-place/channel";
import { goThread, type ThreadChannel, threadChannel } from "@good-place/channel/thread";
import { turn } from "../turn.js";

export interface Command {
  readonly op: string;
  readonly on?: string;
  readonly [field: string]: unknown;
}

interface Outcome {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

export class Agent {
  readonly fiber: Fiber<unknown>;
  readonly #commands = threadChannel<unknown>(64);
  readonly #outcomes = threadChannel<Outcome>(64);
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #lastId = 0;

  constructor() {
    this.fiber = goThread(new URL("./agent.mjs", import.meta.url), {
      commands: this.#commands,
      outcomes: this.#outcomes,
    });
    void this.#hear();
  }

  /** Starts the command: its outcome, by its code where it fails, and a way to cancel it. */
  start({ transfer, ...command }: Command & { transfer?: Transferable[] }): {
    outcome: Promise<unknown>;
    cancel: () => void;
  } {
    const id = ++this.#lastId;
    const outcome = new Promise((resolve) => {
      this.#waiting.set(id, ({ value, error }) => resolve(error === undefined ? value : { error }));
    });
    void this.#commands.give({ id, ...command }, { transfer });
    return { outcome, cancel: () => void this.#commands.give({ op: "cancel", of: id }) };
  }

  do(command: Command): Promise<unknown> {
    return this.start(command).outcome;
  }

  /** Gives the agent's thread an end of the channel, under a name. */
  async use(channel: ThreadChannel<never> | ThreadChannel<unknown>, as: string): Promise<void> {
    await this.do({ op: "use", channel, as });
  }

  async end(): Promise<unknown> {
    this.#commands.close();
    return await this.fiber;
  }

  async #hear(): Promise<void> {
    for (;;) {
      const outcome = await this.#outcomes.take();
      if (outcome === CLOSED) return;
      this.#waiting.get(outcome.id)?.(outcome);
      this.#waiting.delete(outcome.id);
    }
  }
}

/** Resolves when it is so; what another thread does takes its turns. */
export async function soon(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}
