/**
 * `neil pair`: lets a second device in. Each side makes its own key and keeps it; what is carried over is the device's
 * public key one way, and the server's with the shared secret the other. People compare the fingerprints.
 */
import { fingerprint, publicKey } from "@good-place/hemple";
import { EXIT, NeilError } from "../../errors.js";
import { draftKey, homePath, keepClientKeys, letIn } from "../../home.js";
import type { Parsed } from "../command.js";
import { usage } from "../parse.js";
import { print } from "../print.js";

export async function pair(parsed: Parsed): Promise<number> {
  const [verb = "request", ...words] = parsed.words;
  if (verb === "request") return request(parsed);
  if (verb === "accept" && words.length === 2) return accept(parsed, words[0] as string, words[1] as string);
  if (verb === "join" && words.length === 2) return join(parsed, words[0] as string, words[1] as string);
  throw usage(parsed.command, "pair takes `request`, `accept NAME KEY` or `join HOST:PORT INVITATION`");
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
function accept({ json, command }: Parsed, name: string, text: string): number {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u.test(name))
    throw usage(command, `a device is named by up to 40 letters and digits, got "${name}"`);
  const device = bytes(text, 32, "the device's key");
  const { key, psk } = letIn(homePath(), name, device);
  const invitation = base64(new Uint8Array([...publicKey(key), ...psk]));
  const server = fingerprint(publicKey(key));
  const told = `${name} may come in once the server is started again; its fingerprint: ${fingerprint(device)}
on ${name}, type (it is a secret, let nobody else see it):
  npx neil pair join HOST:PORT ${invitation}
it has to show the server's fingerprint: ${server}
for a device elsewhere, start the server with: npx neil serve --rpc-host ADDRESS`;
  print(json, { name, fingerprint: fingerprint(device), invitation, serverFingerprint: server }, told);
  return EXIT.ok;
}

// On the new device again.
function join({ json, command }: Parsed, url: string, invitation: string): number {
  if (!/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(url)) throw usage(command, `the server is HOST:PORT, got "${url}"`);
  const both = bytes(invitation, 64, "the invitation");
  const [serverKey, psk] = [both.slice(0, 32), both.slice(32)];
  keepClientKeys(homePath(), { key: draftKey(homePath()), psk, serverKey, url });
  const text = `this device calls ${url} from now on; the server's fingerprint: ${fingerprint(serverKey)}
try it: npx neil`;
  print(json, { url, serverFingerprint: fingerprint(serverKey) }, text);
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
