// Appends the records in argv[4] (JSON) to the journal argv[3] of the mansion in argv[2], and prints "appended" or a code.
import { openMansion } from "@good-place/mansion";

const [, , path, journal, records] = process.argv;
try {
  const mansion = await openMansion({ path });
  await mansion.journal(journal).append(JSON.parse(records));
  await mansion.close();
  console.log("appended");
} catch (error) {
  console.log(error.code);
}
