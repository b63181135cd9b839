/** `neil doctor`: looks for what is wrong, here and at the server; with --fix it mends what can be mended without a decision. */
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { now } from "../../clock.js";
import { EXIT, explain } from "../../errors.js";
import { homePath } from "../../home.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { oneLine, print } from "../print.js";
import { queued, refused } from "../queue.js";

// A clock that is off by more makes wrong times.
const SKEW_MS = 5000;

interface Finding {
  readonly what: string;
  readonly mend: string;
}

export async function doctor(parsed: Parsed): Promise<number> {
  const fix = parsed.flag("fix");
  const found: Finding[] = [...openKeys(fix), ...waiting(), ...(await atServer())];
  const text = found.map(({ what, mend }) => `${oneLine(what)}\n      ${mend}`).join("\n");
  print(parsed.json, { findings: found }, text || "all is well");
  return found.length === 0 ? EXIT.ok : EXIT.refused;
}

function openKeys(fix: boolean): Finding[] {
  if (process.platform === "win32") return [];
  // The folder may have been made beforehand, for all to look into.
  return [".", "server.json", "client.json", "device.json"].flatMap((name) => {
    const path = join(homePath(), name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || (found.mode & 0o077) === 0) return [];
    if (!fix) return [{ what: `others can read ${path}`, mend: "npx neil doctor --fix" }];
    chmodSync(path, found.isDirectory() ? 0o700 : 0o600);
    return [];
  });
}

function waiting(): Finding[] {
  const inbox = refused(homePath()).length;
  const queue = queued(homePath()).length;
  return [
    ...(inbox === 0 ? [] : [{ what: `${inbox} queued commands were refused`, mend: "npx neil inbox" }]),
    ...(queue === 0 ? [] : [{ what: `${queue} commands wait for the server`, mend: "npx neil sync" }]),
  ];
}

async function atServer(): Promise<Finding[]> {
  try {
    const health = await call((neil, options) => neil.health({}, options));
    const skew = Math.abs(health.now - now());
    const clock =
      skew > SKEW_MS
        ? [
            {
              what: `the clocks of this machine and of the server are ${Math.round(skew / 1000)} s apart`,
              mend: "set them",
            },
          ]
        : [];
    return [
      ...clock,
      ...health.faults.map((what) => ({ what, mend: "npx neil edit, or npx neil rm, by its place in npx neil last" })),
    ];
  } catch (error) {
    const { message, advice } = explain(error);
    return [{ what: message, mend: advice }];
  }
}
