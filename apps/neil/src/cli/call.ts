/**
 * Calls to the server: dial, settle what waits in the queue, ask, hang up. What changes something and can wait is
 * queued when there is no server to be had.
 */
import { type Client, dial } from "@good-place/hemple";
import type { Ask, AskName, Done } from "../asks.js";
import { neilContract } from "../contract.js";
import { EXIT, explain, NeilError } from "../errors.js";
import { clientKeys, homePath, MESSAGE_BYTES } from "../home.js";
import { type Place, readPlace } from "../place.js";
import { DEFAULT_RPC_PORT } from "../ports.js";
import { settings } from "../settings.js";
import { notice } from "./print.js";
import { begunInQueue, enqueue, queued, refuse, settle } from "./queue.js";

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

/** The same with a client that comes back after every break, for what lasts: until `ask` is done, or `leave` is called. */
export async function following(ask: (neil: Neil, leave: () => void) => Promise<void>): Promise<void> {
  const neil = await connect(undefined, { reconnect: true });
  let left = false;
  const leave = (): void => {
    left = true;
    void neil[Symbol.asyncDispose]();
  };
  try {
    await ask(neil, leave);
  } catch (error) {
    // What was under way when it was left has failed by that.
    if (!left) throw error;
  } finally {
    await neil[Symbol.asyncDispose]();
  }
}

async function connect(signal: AbortSignal | undefined, more: { readonly reconnect?: true } = {}): Promise<Neil> {
  const home = homePath();
  const keys = clientKeys(home);
  const target = address(process.env.NEIL_URL || settings(home).server || keys?.url);
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
    ...more,
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
  const meant = meaning(name, input);
  try {
    const done = await call((neil, options) => (neil[name] as Call)(meant, options));
    return { done };
  } catch (error) {
    const { exit, code } = explain(error);
    const dry = (input as { dryRun?: boolean }).dryRun === true;
    if (exit !== EXIT.unreachable || code === "NO_SERVER" || dry || !CAN_WAIT.includes(name)) throw error;
    const timed = name.startsWith("task/") ? { at, ...meant } : meant;
    enqueue(homePath(), { name, input: timed, at });
    return { queued: true };
  }
}

// What stops work means that which waits in the queue, whatever another device has begun meanwhile.
function meaning<Name extends AskName>(name: Name, input: Ask<Name>): Ask<Name> {
  if (name !== "task/stop" && name !== "task/switch") return input;
  const interval = begunInQueue(homePath());
  if (interval === undefined) return input;
  if (name === "task/stop") return { interval, ...input };
  const { stop } = input as Ask<"task/switch">;
  return { ...input, stop: { interval, ...stop } };
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
  if (sum.done > 0) notice(`${sum.done} queued ${sum.done === 1 ? "command" : "commands"} settled`);
  if (sum.refused > 0) notice(`${sum.refused} queued refused; look: npx neil inbox`);
  return sum;
}

function address(url: string | undefined): Place {
  if (url === undefined || url === "") return { host: "127.0.0.1", port: DEFAULT_RPC_PORT };
  const place = readPlace(url);
  if (place !== undefined) return place;
  const advice = `say it with --server, or in NEIL_URL, like 127.0.0.1:${DEFAULT_RPC_PORT}`;
  throw new NeilError("USAGE", `the server is host:port, got "${url}"`, { advice });
}
