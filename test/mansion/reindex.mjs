// Opens the buffet "clients" of the mansion in argv[2] with the indexes in argv[3] (JSON), and prints "ready" once they are.
import { openMansion } from "@good-place/mansion";

const [, , path, index] = process.argv;
const mansion = await openMansion({ path, durability: "memory" });
await mansion.buffet("clients", { index: JSON.parse(index) }).ready();
await mansion.close();
console.log("ready");
