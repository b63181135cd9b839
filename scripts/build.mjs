/**
 * Builds the packages and the app with TypeScript's build mode, then Neil's page with vite when its sources are newer.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

node("node_modules/typescript/bin/tsc", ["-b"]);

const page = join(root, "apps/neil/dist/page/index.html");
const sources = ["apps/neil/page", "apps/neil/src", "packages"].map((folder) => newest(join(root, folder)));
if (!existsSync(page) || Math.max(...sources) > statSync(page).mtimeMs) {
  node("node_modules/vite/bin/vite.js", ["build", "--logLevel", "warn", "--config", "apps/neil/vite.config.ts"]);
}

function node(script, args) {
  execFileSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: "inherit" });
}

// The latest change below a folder, but for what is built or installed.
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === "dist" || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}
