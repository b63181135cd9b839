#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  console.error("neil: it is not built yet\n      run `npm start` in its folder once, or `npm run build`");
  process.exit(2);
}
await import(main.href);
