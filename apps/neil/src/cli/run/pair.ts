/**
 * `neil pair`: lets a second device in. Each side makes its own key and keeps it; what is carried over is the device's
 * public key one way, and the server's with the shared secret the other. People compare the fingerprints.
 */
import { fingerprint, publicKey } from "@good-place/hemple";
import { EXIT, explain, NeilError } from "../../errors.js";
import { clientKeys, draftKey, homePath, keepClientKeys, letIn, lockOut, noDevice, peersOf } from "../../home.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { columns, oneLine, print } from "../print.js";
import { isDry, tellDone } from "./asking.js";

export async function pair(parsed: Parsed): Promise<number> {
  const [verb = "request", ...words] = parsed.words;
  if (verb === "request") return request(parsed);
  if (verb === "list" && words.length === 0) return list(parsed);
  if (verb === "rm" && words.length === 1) return await remove(parsed, words[0] as string);
  if (verb === "accept" && words.length === 2) return await accept(parsed, words[0] as string, words[1] as string);
  if (verb === "join" && words.length === 2) return join(parsed, words[0] as string, words[1] as string);
  throw usage(
    parsed.command,
    "pair takes `request`, `accept NAME KEY`, `join HOST:PORT INVITATION`, `list` or `rm NAME`",
  );
}

// On the new device.
function request({ json }: Parsed): number {
  const key = publicKey(draftKey(homePath()));
  const text = `on the machine of the server, type:
  npx neil pair accept NAME ${base64(key)}
it has to show the same fingerprint: ${fingerprint(key)}`;
  print(json, { key: base64(key), fingerprint: fingerprint(key) }, text);
  return EXIT.ok;
}

// On the server's machine.
async function accept(parsed: Parsed, name: string, text: string): Promise<number> {
  const { json, command } = parsed;
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u.test(name))
    throw usage(command, `a device is named by up to 40 letters and digits, got "${name}"`);
  const device = bytes(text, 32, "the device's key");
  if (isDry(parsed)) {
    const print = fingerprint(device);
    tellDone(parsed, { name, fingerprint: print }, `${name} may come in; its fingerprint: ${print}`);
    return EXIT.ok;
  }
  const { key, psk } = letIn(homePath(), name, device);
  const invitation = base64(new Uint8Array([...publicKey(key), ...psk]));
  const server = fingerprint(publicKey(key));
  const at = await reload();
  const told = `${name} may come in ${at}; its fingerprint: ${fingerprint(device)}
on ${name}, type (it is a secret, let nobody else see it):
  npx neil pair join HOST:PORT ${invitation}
it has to show the server's fingerprint: ${server}
for a device elsewhere, start the server with: npx neil serve --rpc-host ADDRESS`;
  print(json, { name, fingerprint: fingerprint(device), invitation, serverFingerprint: server }, told);
  return EXIT.ok;
}

function list({ json }: Parsed): number {
  const devices = peersOf(homePath()).map(({ name, key }) => ({ name, fingerprint: fingerprint(key) }));
  const rows = devices.map(({ name, fingerprint }) => [oneLine(name), fingerprint]);
  print(json, { devices }, columns(rows) || "there are none: no server was ever started here");
  return devices.length === 0 ? EXIT.idle : EXIT.ok;
}

// A device that is lost.
async function remove(parsed: Parsed, name: string): Promise<number> {
  const own = clientKeys(homePath());
  const peer = peersOf(homePath()).find((each) => each.name === name);
  if (own !== undefined && peer !== undefined && fingerprint(peer.key) === fingerprint(publicKey(own.key)))
    throw usage(parsed.command, `"${name}" is this device, which would lock itself out`);
  if (isDry(parsed)) {
    if (peer === undefined) throw noDevice(name);
    tellDone(parsed, { removed: name }, `${name} may not come in any more`);
    return EXIT.ok;
  }
  lockOut(homePath(), name);
  const at = await reload();
  print(parsed.json, { removed: name }, `${name} may not come in any more, ${at}`);
  return EXIT.ok;
}

// A server that runs reads its keys anew; one that does not will.
async function reload(): Promise<string> {
  try {
    await call((neil, options) => neil["devices/reload"]({}, options));
    return "from now on";
  } catch (error) {
    if (explain(error).exit !== EXIT.unreachable) throw error;
    return "from the next start of the server on";
  }
}

// On the new device again.
function join(parsed: Parsed, url: string, invitation: string): number {
  if (!/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(url)) throw usage(parsed.command, `the server is HOST:PORT, got "${url}"`);
  const both = bytes(invitation, 64, "the invitation");
  const [serverKey, psk] = [both.slice(0, 32), both.slice(32)];
  if (!isDry(parsed)) keepClientKeys(homePath(), { key: draftKey(homePath()), psk, serverKey, url });
  const text = `this device calls ${url} from now on; the server's fingerprint: ${fingerprint(serverKey)}
try it: npx neil`;
  tellDone(parsed, { url, serverFingerprint: fingerprint(serverKey) }, text);
  return EXIT.ok;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

// What was typed is not told again: it could be a secret.
function bytes(text: string, length: number, what: string): Uint8Array {
  const read = new Uint8Array(Buffer.from(text, "base64"));
  if (/^[A-Za-z0-9+/]+=*$/.test(text) && read.length === length) return read;
  throw new NeilError("USAGE", `${what} must be ${length} bytes in base64, got ${read.length}`, {
    advice: "copy it whole: npx neil pair",
  });
}
