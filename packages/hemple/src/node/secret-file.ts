/**
 * A secret of 32 bytes, a private key or a PSK, in a file that its owner alone can read: one line of 64 hexadecimal digits.
 * A file appears whole or not at all and is never overwritten, for a key that is lost locks somebody out.
 */
import { link, open, rm } from "node:fs/promises";
import { misuse } from "@good-place/channel/misuse";
import { HempleError } from "../errors.js";
import { isZero, toHex } from "../noise/bytes.js";
import { KEY_LENGTH } from "../noise/point.js";

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const LINE = /^[0-9a-f]{64}\r?\n?$/i;
// A file that is longer is none of ours, and is not read.
const LONGEST = 66;

/** Writes a secret to a file that is not there yet, with mode 0600. Fails with SECRET_FILE. */
export async function saveSecret(path: string, secret: Uint8Array): Promise<void> {
  if (!(secret instanceof Uint8Array) || secret.length !== KEY_LENGTH || isZero(secret)) {
    throw misuse("range", "NOISE_KEY", `a secret must be ${KEY_LENGTH} bytes that are not all zero`);
  }
  const draft = `${path}.${toHex(crypto.getRandomValues(new Uint8Array(8)))}`;
  try {
    const file = await open(draft, "wx", OWNER_ONLY);
    try {
      await file.chmod(OWNER_ONLY);
      await file.writeFile(`${toHex(secret)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } catch (cause) {
    throw failed("could not be written; a file that is there already is left as it is", cause);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Reads the secret of a file. Fails with SECRET_FILE where it cannot be read, is damaged, or others can read it too. */
export async function loadSecret(path: string): Promise<Uint8Array> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw failed("could not be read", cause);
  });
  try {
    const { mode, size } = await file.stat();
    // Windows has other means, and always shows the same mode.
    if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
      throw failed("can be read by others: make it its owner's alone (chmod 600), or make a new secret");
    }
    const text = size <= LONGEST ? await file.readFile("latin1") : "";
    const digits = LINE.exec(text)?.[0].trim();
    const secret = Uint8Array.from(digits?.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    if (digits === undefined || isZero(secret)) throw failed("holds no secret: it should have 64 hexadecimal digits");
    return secret;
  } finally {
    await file.close();
  }
}

// Without the path: a handler's error may reach a caller, and the cause has it.
function failed(what: string, cause?: unknown): HempleError {
  return new HempleError("SECRET_FILE", `the file of the secret ${what}`, { cause });
}
