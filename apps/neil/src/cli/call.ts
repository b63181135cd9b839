/**
 * One call to the server: dial, ask, hang up.
 */
import { type Client, dial } from "@good-place/hemple";
import { neilContract } from "../contract.js";
import { NeilError } from "../errors.js";
import { clientKeys, DEFAULT_RPC_PORT, homePath, MESSAGE_BYTES } from "../home.js";

const CALL_MS = 10_000;

/** Runs `ask` with a client of the server that $NEIL_URL names; by default the one of this machine. */
export async function call<T>(
  ask: (neil: Client<typeof neilContract>, options: { deadlineMs: number }) => PromiseLike<T>,
): Promise<T> {
  const home = homePath();
  const target = address(process.env.NEIL_URL);
  const keys = clientKeys(home);
  if (keys === undefined) {
    throw new NeilError("NO_SERVER", `no server was ever started in ${home}, so there are no keys to call one with`);
  }
  const neil = await dial(neilContract, {
    ...target,
    ...keys,
    deadlineMs: CALL_MS,
    maxMessageBytes: MESSAGE_BYTES,
  }).then(undefined, (error: unknown) => {
    // Nothing was sent yet: no doubt about what was done.
    if ((error as { code?: unknown }).code !== "DEADLINE") throw error;
    throw new NeilError("UNREACHABLE", `the server at ${target.host}:${target.port} does not answer`, { cause: error });
  });
  try {
    return await ask(neil, { deadlineMs: CALL_MS });
  } finally {
    await neil[Symbol.asyncDispose]();
  }
}

function address(url: string | undefined): { host: string; port: number } {
  if (url === undefined || url === "") return { host: "127.0.0.1", port: DEFAULT_RPC_PORT };
  const [, host, port] = /^(?:(\[[^\]]+\]|[^:\s]+):)?(\d{1,5})$/.exec(url) ?? [];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new NeilError("USAGE", `NEIL_URL must be host:port, like 127.0.0.1:${DEFAULT_RPC_PORT}; got "${url}"`);
  }
  return { host: (host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(port) };
}
