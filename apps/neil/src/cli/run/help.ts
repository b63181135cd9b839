/** `neil help` and `neil version`: made from the table of commands. */
import { readFileSync } from "node:fs";
import { EXIT } from "../../errors.js";
import { DEFAULT_RPC_PORT } from "../../ports.js";
import { ACTIONS } from "../codes.js";
import { type Command, named, type Option, type Parsed } from "../command.js";
import { COMMON } from "../globals.js";
import { columns, print } from "../print.js";

export async function showHelp({ words, json }: Parsed, all: readonly Command[]): Promise<number> {
  const [name] = words;
  const command = name === undefined ? undefined : named(all, name);
  const told = (command === undefined ? all : [command]).map(({ name, usage, summary }) => ({
    name,
    usage,
    summary,
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
    const example = one.example === undefined ? [] : [`  npx ${one.example}`];
    return [`npx neil ${one.name} ${one.usage}`.trim(), `  ${one.summary}`, columns(options), ...example].join("\n");
  }
  return `neil tracks the time that you work.

${all.map(({ name, usage, summary }) => `  npx neil ${`${name} ${usage}`.trim()}\n      ${summary}`).join("\n")}

Every command takes:
${columns(optionRows(COMMON))}
The two letters of Neil's first version still work: ${[...new Set(ACTIONS.flatMap(({ code = [] }) => code))].join(" ")}
NEIL_HOME     the folder of the data and the keys
NEIL_PROFILE  another one beside it
NEIL_URL      the server, host:port; 127.0.0.1:${DEFAULT_RPC_PORT} by default
NO_COLOR      no colours
Exit codes: 0 ok, 1 nothing running, 2 usage, 3 refused, 4 server unreachable, 5 data damaged, 6 key refused,
            70 a defect of Neil's, 130 interrupted`;
}

function optionRows(options: Readonly<Record<string, Option>>): string[][] {
  return Object.entries(options).map(([name, { value, about }]) => {
    return [`  ${name.length === 1 ? "-" : "--"}${[name, value].filter(Boolean).join(" ")}`, about];
  });
}
