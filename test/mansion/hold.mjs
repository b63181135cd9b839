// Opens the mansion in argv[2] and holds it until a line comes or the process is killed.
// Prints "held", or the code and, if there is one, the holder's pid.
import { openMansion } from "@good-place/mansion";

try {
  const mansion = await openMansion({ path: process.argv[2] });
  console.log("held");
  process.stdin.once("data", async () => {
    await mansion.close();
    process.exit();
  });
} catch (error) {
  console.log(error.code, error.holder?.pid);
}
