#!/usr/bin/env node
import { existsSync } from "node:fs";

const dist = new URL("../dist/cli/", import.meta.url);
const [, , command, ...rest] = process.argv;
if (!existsSync(new URL("main.js", dist))) {
  console.error("neil: it is not built yet\n      run `npm start` in its folder once, or `npm run build`");
  process.exit(2);
}
// A status bar asks every few seconds: it gets its answer without the rest of Neil.
const bar = command === "prompt" ? await import(new URL("prompt.js", dist).href) : undefined;
const exit = await bar?.prompt(rest);
if (exit !== undefined) process.exitCode = exit;
else await import(new URL("main.js", dist).href);
