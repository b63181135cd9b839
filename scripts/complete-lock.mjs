/**
 * Completes package-lock.json after an `npm install`: `npm ci` wants an entry for every optional package, also for the
 * binaries of platforms other than the one that the lock file was made on, and npm leaves out those that it could not
 * look at. Only what decides where a package belongs is added: its version, and the platform that its name says.
 */
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));

const OS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const CPU = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

let added = 0;
for (const [holder, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (resolved(holder, name)) continue;
    const parts = name.split(/[/-]/);
    const os = OS.filter((each) => parts.includes(each));
    const cpu = CPU.filter((each) => parts.includes(each));
    // Without a platform in its name it is for this one too, and npm knows better why it is missing.
    if (cpu.length === 0) continue;
    const place = /^\d/.test(version) ? { version } : { version: version.replace(/^[~^]/, "") };
    lock.packages[`node_modules/${name}`] = {
      ...place,
      cpu,
      ...(dev ? { dev } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {}),
    };
    added++;
  }
}
if (added > 0) {
  const packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
}
console.log(`${added} entries added to package-lock.json`);

// A package is looked for beside its holder, then in every node_modules above.
function resolved(holder, name) {
  for (let place = holder; ; place = place.slice(0, Math.max(0, place.lastIndexOf("node_modules/") - 1))) {
    if (lock.packages[`${place === "" ? "" : `${place}/`}node_modules/${name}`] !== undefined) return true;
    if (place === "") return false;
  }
}
