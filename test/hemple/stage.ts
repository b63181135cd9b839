/**
 * A server for any contract and clients of it, in one process: what the tests of streams, retries and both-way calls share.
 */
import { randomBytes } from "node:crypto";
import { channel } from "@good-place/channel";
import {
  type Client,
  type Contract,
  type DialOptions,
  dial,
  generateKeys,
  type Handlers,
  type HempleServer,
  hemple,
  type ServerOptions,
} from "@good-place/hemple";
import { onTestFinished } from "vitest";

export interface Stage<C extends Contract> {
  readonly server: HempleServer;
  readonly port: number;
  readonly secrets: { readonly key: Uint8Array; readonly psk: Uint8Array; readonly serverKey: Uint8Array };
  readonly options: ServerOptions;
  dial(options?: Partial<DialOptions>): Promise<Client<C>>;
}

/** Starts a server whose only known peer has the role of an owner; its signals go nowhere. */
export async function stage<C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  more: Partial<ServerOptions> = {},
): Promise<Stage<C>> {
  const [own, peer] = [generateKeys(), generateKeys()];
  const psk = new Uint8Array(randomBytes(32));
  const peers = [{ key: peer.publicKey, roles: ["owner"] }];
  const options = { port: 0, key: own.privateKey, psk, peers, supervisor: channel(100_000), ...more };
  const server = await hemple(contract, handlers, options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { port } = server.address;
  const secrets = { key: peer.privateKey, psk, serverKey: own.publicKey };
  return {
    server,
    port,
    secrets,
    options,
    async dial(others = {}) {
      const tell = await dial(contract, { port, ...secrets, ...others });
      onTestFinished(() => tell[Symbol.asyncDispose]());
      return tell;
    },
  };
}

/** All items, once the stream has ended. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Waits until something is so; fails by the test's own limit. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 2));
}
