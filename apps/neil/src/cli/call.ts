/**
 * Calls to the server: dial, settle what waits in the queue, ask, hang up. What changes something and can wait is
 * queued when there is no server to be had.
 */
import { type Client, dial } from "@good-place/hemple";
import type { Ask, AskName, Done } from "../asks.js";
import { neilContract } from "../contract.js";
import { EXIT, explain, NeilError } from "../errors.js";
import { clientKeys, homePath, MESSAGE_BYTES } from "../home.js";
import { DEFAULT_RPC_PORT } from "../ports.js";
import { enqueue, queued, refuse, settle } from "./queue.js";

const CALL_MS = 10_000;

export type Neil = Client<typeof neilContract>;
export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What can wait for a server: it needs nothing that only the server knows. */
const CAN_WAIT: readonly AskName[] = ["task/start", "task/switch", "task/stop", "interval/add", "name/add"];

/** Runs `ask` with a client of the server that $NEIL_URL names; by default the one of this machine. A signal ends the dialling too. */
export async function call<T>(
  ask: (neil: Neil, options: CallOptions) => PromiseLike<T>,
  signal?: AbortSignal,
): Promise<T> {
  const neil = await connect(signal);
  try {
    await settleQueue(neil);
    return await ask(neil, { deadlineMs: CALL_MS, ...(signal && { signal }) });
  } finally {
    await neil[Symbol.asyncDispose]();
  }
}

async function connect(signal: AbortSignal | undefined): Promise<Neil> {
  const home = homePath();
  const keys = clientKeys(home);
  const target = address(process.env.NEIL_URL || keys?.url);
  if (keys === undefined) {
    throw new NeilError("NO_SERVER", `no server was ever started in ${home}, so there are no keys to call one with`);
  }
  const { url: _, ...secrets } = keys;
  return await dial(neilContract, {
    ...target,
    ...secrets,
    deadlineMs: CALL_MS,
    signal,
    maxMessageBytes: MESSAGE_BYTES,
  }).then(undefined, (error: unknown) => {
    // Nothing was sent yet: no doubt about what was done.
    if ((error as { code?: unknown }).code !== "DEADLINE") throw error;
    throw new NeilError("UNREACHABLE", `the server at ${target.host}:${target.port} does not answer`, { cause: error });
  });
}

/** What became of an ask: it was done, or it waits for the server. */
export type Asked = { readonly done: Done } | { readonly queued: true };

/**
 * Asks for a change. Where there is no server, or it went away before it answered, what can wait is put into the queue,
 * as of `at`: its command id keeps it from being run twice.
 */
export async function ask<Name extends Exclude<AskName, "interval/import">>(
  name: Name,
  input: Ask<Name>,
  at: number,
): Promise<Asked> {
  try {
    const done = await call((neil, options) => (neil[name] as Call)(input, options));
    return { done };
  } catch (error) {
    const { exit, code } = explain(error);
    const dry = (input as { dryRun?: boolean }).dryRun === true;
    if (exit !== EXIT.unreachable || code === "NO_SERVER" || dry || !CAN_WAIT.includes(name)) throw error;
    const timed = name.startsWith("task/") ? { at, ...input } : input;
    enqueue(homePath(), { name, input: timed, at });
    return { queued: true };
  }
}

type Call = (input: unknown, options: CallOptions) => PromiseLike<Done>;

/** Sends what waits, in its order. What is refused goes to the inbox; tells of both on stderr. */
export async function settleQueue(neil: Neil): Promise<{ readonly done: number; readonly refused: number }> {
  const home = homePath();
  const sum = { done: 0, refused: 0 };
  for (const waiting of queued(home)) {
    try {
      await (neil[waiting.name] as unknown as Call)(waiting.input, { deadlineMs: CALL_MS });
      settle(home, waiting);
      sum.done += 1;
    } catch (error) {
      const { exit, code, message } = explain(error);
      if (exit === EXIT.unreachable || code === "OVERLOADED") throw error;
      refuse(home, waiting, { code, message });
      sum.refused += 1;
    }
  }
  if (sum.done > 0) console.error(`neil: ${sum.done} queued ${sum.done === 1 ? "command" : "commands"} settled`);
  if (sum.refused > 0) console.error(`neil: ${sum.refused} queued refused; look: npx neil inbox`);
  return sum;
}

function address(url: string | undefined): { host: string; port: number } {
  if (url === undefined || url === "") return { host: "127.0.0.1", port: DEFAULT_RPC_PORT };
  const [, host, port] = /^(?:(\[[^\]]+\]|[^:\s]+):)?(\d{1,5})$/.exec(url) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new NeilError("USAGE", `NEIL_URL must be host:port, like 127.0.0.1:${DEFAULT_RPC_PORT}; got "${url}"`);
  }
  return { host: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
}
