/** `neil help` and `neil version`: made from the table of commands. */
import { readFileSync } from "node:fs";
import { EXIT } from "../../errors.js";
import { DEFAULT_RPC_PORT } from "../../ports.js";
import { ACTIONS } from "../codes.js";
import { type Command, named, type Option, type Parsed } from "../command.js";
import { COMMON } from "../globals.js";
import { print, wrapped } from "../print.js";

/** It fits into the frame that `neil dash` puts around it, in 80 columns. */
const WIDTH = 76;
const LEFT = 26;

export async function showHelp({ words, json }: Parsed, all: readonly Command[]): Promise<number> {
  const [name] = words;
  const command = name === undefined ? undefined : named(all, name);
  const told = (command === undefined ? all : [command]).map(({ name, usage, summary, more, group }) => ({
    name,
    usage,
    summary,
    ...(more !== undefined && { more }),
    ...(group !== undefined && { group }),
  }));
  print(json, { commands: told }, help(all, command));
  return EXIT.ok;
}

export async function showVersion({ json }: Parsed): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  print(json, { version }, version);
  return EXIT.ok;
}

export function help(all: readonly Command[], one?: Command): string {
  if (one !== undefined && one.name !== "help") {
    const options = optionRows({ ...one.options, ...COMMON });
    const example = one.example === undefined ? [] : ["", `  npx ${one.example}`];
    const about = [one.summary, ...(one.more === undefined ? [] : [one.more])];
    return [
      ...usageLines(`npx neil ${one.name} ${one.usage}`.trim()),
      ...about.flatMap((text) => wrapped(text, WIDTH - 2)).map((line) => `  ${line}`),
      "",
      ...optionLines(options),
      ...example,
    ].join("\n");
  }
  return `neil tracks the time that you work. All about one: npx neil help COMMAND
${listed(all)}

Every command takes:
${optionLines(optionRows(COMMON)).join("\n")}

The two letters of Neil's first version still work:
${wrapped([...new Set(ACTIONS.flatMap(({ code = [] }) => code))].join(" "), WIDTH - 2)
  .map((line) => `  ${line}`)
  .join("\n")}

The environment:
  NEIL_HOME     the folder of the data and the keys
  NEIL_PROFILE  another one beside it
  NEIL_URL      the server, host:port; 127.0.0.1:${DEFAULT_RPC_PORT} by default
  NO_COLOR      no colours

Exit codes: 0 ok, 1 nothing running or found, 2 usage, 3 refused,
  4 server unreachable, 5 data damaged, 6 key refused,
  70 a defect of Neil's, 130 interrupted`;
}

function usageLines(text: string): string[] {
  const [first = "", ...rest] = wrapped(text, WIDTH);
  return rest.length === 0 ? [first] : [first, ...wrapped(`    ${rest.join(" ")}`, WIDTH)];
}

// A line for each command, under their headings.
function listed(all: readonly Command[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines: string[] = [];
  let heading: string | undefined;
  for (const { name, summary, group } of all) {
    if (group !== heading) lines.push("", `${group}:`);
    heading = group;
    lines.push(`  ${name.padEnd(width)}  ${summary}`);
  }
  return lines.join("\n");
}

function optionRows(options: Readonly<Record<string, Option>>): [left: string, about: string][] {
  return Object.entries(options).map(([name, { value, about }]) => {
    return [`  ${name.length === 1 ? "-" : "--"}${[name, value].filter(Boolean).join(" ")}`, about];
  });
}

// What is too wide to stand beside the others stands above its text.
function optionLines(rows: readonly (readonly [left: string, about: string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length).filter((length) => length <= LEFT)) + 2;
  return rows.flatMap(([left, about]) => {
    const lines = wrapped(about, WIDTH - width).map((line) => " ".repeat(width) + line);
    return left.length > LEFT ? [left, ...lines] : [left + (lines[0] ?? "").slice(left.length), ...lines.slice(1)];
  });
}
