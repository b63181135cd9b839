/** `neil serve`: the server in the foreground, until it is told to stop. */
import { EXIT } from "../../errors.js";
import { homePath } from "../../home.js";
import { DEFAULT_RPC_PORT, DEFAULT_WEB_PORT } from "../../ports.js";
import { placeOf, type RunningNeil, serve } from "../../server/serve.js";
import type { Command, Parsed } from "../command.js";
import { usage } from "../parse.js";
import { notice, print } from "../print.js";

export async function runServer({ command, options, json }: Parsed): Promise<number> {
  let end: (error?: unknown) => void = () => {};
  // From the first moment: what is told before the server is up must not be lost.
  const ended = new Promise<unknown>((resolve) => {
    end = resolve;
  });
  let running: RunningNeil | undefined;
  let asked = 0;
  // A second signal hurries the drain; neither kills the process before its data folder is given up.
  const stop = (): void => {
    end();
    if (++asked > 1) void running?.stop();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const neil = await serve({
    home: homePath(),
    webPort: port(command, "web-port", options["web-port"], DEFAULT_WEB_PORT),
    rpcPort: port(command, "rpc-port", options["rpc-port"], DEFAULT_RPC_PORT),
    rpcHost: options["rpc-host"] ?? "127.0.0.1",
    log: (line) => console.error(line),
    onFatal: (error) => end(error),
  });
  running = neil;
  welcome(neil, json);
  const error = await ended;
  if (error === undefined) notice("stopping ...");
  await neil.stop();
  if (error !== undefined) throw error;
  return EXIT.ok;
}

function port(command: Command, name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65_535) return number;
  throw usage(command, `--${name} takes a port from 0 to 65535, got "${text}"`);
}

function welcome({ home, pageUrl: page, rpc, firstRun, serverKey }: RunningNeil, json: boolean): void {
  const text = `Neil is up. His data is in ${home}
  page  ${page} (npx neil web says it again)
  rpc   ${placeOf(rpc.address)}, encrypted; key ${serverKey}
${firstRun ? `\nThis is his first run: the keys were made, readable by you alone.` : ""}
In a second terminal, in the same folder, type:
  npx neil start acme/site/header fix the menu
  npx neil
  npx neil stop done
  npx neil help`;
  print(json, { home, page, rpc: placeOf(rpc.address), serverKey, firstRun }, text);
}
