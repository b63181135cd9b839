/**
 * A page that calls a server, and what a test asks it for.
 */
import { type Client, contract, dial, generateKeys, lineOf, method } from "@good-place/hemple/client";
import { z } from "zod";

const anything = method({ input: z.any(), output: z.any() });
const office = contract({ echo: anything, double: method({ input: z.number(), output: z.number() }) });
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const keys = generateKeys();
let tell: Client<typeof office> | undefined;

const page = {
  publicKey: hex(keys.publicKey),
  async dial(psk: string, serverKey?: string, url = `${location.href.replace("http", "ws")}rpc`): Promise<string> {
    tell = await dial(office, {
      url,
      key: keys.privateKey,
      psk: bytes(psk),
      serverKey: serverKey === undefined ? undefined : bytes(serverKey),
    });
    return hex(lineOf(tell).serverKey);
  },
  async ended(psk: string, url: string): Promise<string | undefined> {
    await page.dial(psk, undefined, url);
    return tell && (await lineOf(tell).closed).code;
  },
  async doubles(count: number): Promise<unknown[]> {
    return Promise.all(Array.from({ length: count }, (_, i) => tell?.double(i)));
  },
  async echoes(length: number): Promise<boolean> {
    const sent = Uint8Array.from({ length }, (_, i) => (i * i) % 251);
    const long = "again and again ".repeat(length / 16);
    const [back, text] = await Promise.all([tell?.echo(sent), tell?.echo(long)]);
    return back instanceof Uint8Array && back.every((byte, i) => byte === sent[i]) && text === long;
  },
  failure: async (ask: () => PromiseLike<unknown>): Promise<string | undefined> =>
    ask().then(String, (error: { code?: string }) => error.code),
  tcp: () => dial(office, { port: 1, key: keys.privateKey, psk: keys.publicKey }),
};

export type Page = typeof page;
Object.assign(globalThis, { page });
