/**
 * What was asked of the server and is not answered yet. Each ask is known by its command; where it came from is told what
 * became of it.
 */
import type { PageMessage } from "../src/wire.js";

export interface Asker {
  /** It was done: `act` and `about` say what. */
  done(act: string, about: string): void;
  /** It was refused, or nobody knows. */
  failed(message: string, code?: string): void;
}

type Unnamed<Message> = Message extends { name: infer Name; input: infer Input }
  ? { readonly name: Name; readonly input: Omit<Input, "command"> }
  : never;

/** An ask, but for the command that it gets when it is sent. */
export type Wish = Unnamed<PageMessage>;

export class Asks {
  readonly #waiting = new Map<string, Asker>();

  /** The message that asks. */
  message({ name, input }: Wish, asker: Asker): PageMessage {
    const command = crypto.randomUUID();
    this.#waiting.set(command, asker);
    return { name, input: { ...input, command } } as PageMessage;
  }

  done(command: string, act: string, about: string): void {
    this.#take(command)?.done(act, about);
  }

  refused(command: string, message: string, code: string): void {
    this.#take(command)?.failed(message, code);
  }

  /** The connection is gone, and with it every answer. */
  lost(): void {
    for (const command of [...this.#waiting.keys()]) {
      this.#take(command)?.failed("The connection was lost before the server answered: it may have been done or not.");
    }
  }

  #take(command: string): Asker | undefined {
    const asker = this.#waiting.get(command);
    this.#waiting.delete(command);
    return asker;
  }
}
