import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { finished, root } from "../e2e/harness.js";

// Only Node has exit codes; what the default prints is shown everywhere, in unhandled.test.ts.
test("by default a failure that nobody awaits prints the path of its fiber, ends nothing, and makes the exit code 1", async () => {
  const program = `
    import { go, sleep } from "@good-place/channel";
    void go(() => { throw new Error("no"); }, { name: "worker" });
    go(function* () { yield* sleep(1); console.log("alive"); });
  `;
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, stdio });
  const ran = await finished(child);
  expect(ran).toMatchObject({ exit: 1, stdout: "alive\n" });
  expect(ran.stderr).toMatch(/^unhandled failure in worker: Error: no\n/);
});
