/**
 * What a store keeps of what is over. In a process of its own, for only there can the collector be called; so in Node alone.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("of a cocoon that has ended nothing is kept but its product", async () => {
  const script = fileURLToPath(new URL("./memory.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", script]);
  const { made, held, products } = JSON.parse(stdout);
  // One may still lie in a register or a frame of the last step.
  expect({ made, few: held <= 4, products }).toEqual({ made: 200, few: true, products: 200 });
});
