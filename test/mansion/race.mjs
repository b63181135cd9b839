// For each folder that comes as a line: tries to open the mansion in it and prints "held" or the code. A mansion that is
// held is closed at the line "end", which is answered with "ended".
import { createInterface } from "node:readline";
import { openMansion } from "@good-place/mansion";

let held;
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "end") {
    await held?.close();
    held = undefined;
    console.log("ended");
  } else {
    try {
      held = await openMansion({ path: line, durability: "memory" });
      console.log("held");
    } catch (error) {
      console.log(error.code);
    }
  }
}
