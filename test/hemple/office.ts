/**
 * A contract, a server for it, and ways to watch both: what the behaviour and security tests share. Each server is closed
 * when its test ends.
 */
import { randomBytes } from "node:crypto";
import { type Channel, CLOSED, channel, type Fiber } from "@good-place/channel";
import {
  type Client,
  contract,
  type DialOptions,
  dial,
  generateKeys,
  type Handlers,
  type HempleServer,
  hemple,
  method,
  type ServerOptions,
} from "@good-place/hemple";
import { onTestFinished } from "vitest";
import { anything, number, task, text } from "./schemas.js";

export const office = contract({
  echo: method({ input: anything, output: anything, idempotent: true }),
  double: method({ input: number, output: number }),
  store: method({ input: task, output: text }),
  wait: method({ input: text, output: text }),
  act: method({ input: text }),
  fire: method({ input: text, output: text, allowed: ["owner"] }),
});
export type Office = typeof office;

export interface Gate {
  readonly entered: Promise<void>;
  readonly enter: () => void;
  readonly opened: Promise<string>;
  readonly open: (answer: string) => void;
}

/** Two promises: a handler says that it is there, a test says that it may go on. */
export function gate(): Gate {
  let enter = (): void => {};
  let open = (_answer: string): void => {};
  const entered = new Promise<void>((resolve) => {
    enter = resolve;
  });
  const opened = new Promise<string>((resolve) => {
    open = resolve;
  });
  return { entered, enter, opened, open };
}

export const plain: Handlers<Office> = {
  echo: (input) => input,
  double: (input) => input * 2,
  store: ({ id, title }) => `${id}: ${title}`,
  wait: (input) => input,
  act: () => undefined,
  fire: (input) => input,
};

export interface Signalled {
  readonly tag: string;
  readonly fiber?: Fiber<unknown>;
  readonly code?: string;
  readonly error?: { readonly message: string };
  readonly acts?: readonly unknown[];
  readonly callId?: string;
  readonly settle?: (error?: unknown) => void;
}

export interface Started {
  readonly server: HempleServer;
  readonly port: number;
  readonly psk: Uint8Array;
  readonly keys: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };
  readonly signals: Channel<Signalled>;
  /** The next signal with this tag. */
  next(tag: string): Promise<Signalled>;
  dial(options?: Partial<DialOptions>): Promise<Client<Office>>;
}

/** Starts a server whose only known peer has `keys` and the role of an owner. */
export async function start(
  handlers: Partial<Handlers<Office>> = {},
  options: Partial<ServerOptions> = {},
): Promise<Started> {
  const psk = new Uint8Array(randomBytes(32));
  const keys = generateKeys();
  const signals = channel<Signalled>(10_000);
  const server = await hemple(
    office,
    { ...plain, ...handlers },
    {
      port: 0,
      key: generateKeys().privateKey,
      psk,
      peers: [{ key: keys.publicKey, roles: ["owner"] }],
      supervisor: signals,
      ...options,
    },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { port } = server.address;
  return {
    server,
    port,
    psk,
    keys,
    signals,
    async next(tag) {
      for (;;) {
        const signal = await signals.take();
        if (signal === CLOSED) throw new Error(`no ${tag} signal came`);
        if (signal.tag === tag) return signal;
      }
    },
    async dial(more = {}) {
      const tell = await dial(office, { port, key: keys.privateKey, psk, ...more });
      onTestFinished(() => tell[Symbol.asyncDispose]());
      return tell;
    },
  };
}

/** The error that something awaitable fails with. */
export async function failure(awaitable: PromiseLike<unknown>): Promise<Record<string, unknown> & Error> {
  let value: unknown;
  try {
    value = await awaitable;
  } catch (error) {
    return error as Record<string, unknown> & Error;
  }
  throw new Error(`it did not fail, it gave ${JSON.stringify(value)}`);
}

/** The code that a wrong call throws with. */
export function thrown(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing was thrown";
}
