/** Certificates for tests, made by openssl: authorities, and what they sign. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate for the name; signed by the authority, or an authority of its own. */
export function certificate(name: string, authority?: Pair): Pair {
  const folder = mkdtempSync(join(tmpdir(), "chidi-tls-"));
  const at = (file: string): string => join(folder, file);
  const openssl = (...args: string[]): unknown => execFileSync("openssl", args, { stdio: "pipe" });
  try {
    const signed: string[] = [];
    if (authority !== undefined) {
      for (const [file, pem] of [
        ["ca.crt", authority.cert],
        ["ca.key", authority.key],
      ] as const)
        writeFileSync(at(file), pem);
      signed.push("-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-addext", "basicConstraints=critical,CA:FALSE");
    }
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key")];
    openssl("req", "-x509", ...key, "-days", "2", ...subject, ...signed, "-out", at("crt"));
    return { cert: readFileSync(at("crt"), "utf8"), key: readFileSync(at("key"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
