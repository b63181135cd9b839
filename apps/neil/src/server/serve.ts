/**
 * Neil's server: one store on a journal, and three servers under it. Every connection reports to its server's supervisor,
 * every server to the store's flow, and every command, wherever it comes from, is an act that the store confirms.
 */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Signal } from "@good-place/channel";
import { type ChidiServer, chidi, notFound, router } from "@good-place/chidi";
import { fingerprint, type HempleServer, hemple, publicKey } from "@good-place/hemple";
import { openMansion } from "@good-place/mansion";
import { type Failure, type Shawn, shawn } from "@good-place/shawn";
import { now } from "../clock.js";
import { neilContract } from "../contract.js";
import { neilActs } from "../domain/acts/index.js";
import { emptyOffice, type Office } from "../domain/office.js";
import { Refused } from "../domain/refused.js";
import { NeilError } from "../errors.js";
import { MESSAGE_BYTES, serverKeys } from "../home.js";
import { settings } from "../settings.js";
import { devicesOf, doorList } from "./devices.js";
import { live } from "./live.js";
import { methods } from "./methods.js";
import { pageFiles } from "./page-files.js";
import { plain } from "./plain.js";
import { programVersion } from "./program.js";
import { keepState } from "./state-file.js";
import { lastBeat, watchOver } from "./watch-over.js";

export interface ServeOptions {
  readonly home: string;
  readonly webPort: number;
  readonly rpcPort: number;
  /** Where the RPC listens: this machine only, unless other devices are to reach it. */
  readonly rpcHost: string;
  /** Gets a line for each thing that an operator should see. */
  readonly log: (line: string) => void;
  /** The journal takes no more: the server should stop, and its process say so. */
  readonly onFatal: (error: unknown) => void;
}

export interface RunningNeil {
  readonly home: string;
  /** The keys were made by this run. */
  readonly firstRun: boolean;
  readonly serverKey: string;
  readonly web: ChidiServer;
  /** The address of the page, with the key without which it shows nothing. */
  readonly pageUrl: string;
  readonly rpc: HempleServer;
  readonly office: Shawn<Office>;
  /** Drains the servers, makes everything durable, and gives up the data folder. A second call waits for nobody. */
  stop(): Promise<void>;
}

const DRAIN_MS = 2000;
// Of 100,000 intervals a snapshot takes a third of a second to make, and saves two at every start.
const SNAPSHOT_EVERY = 100;

/** Starts Neil. Rejects with MANSION_LOCKED, EADDRINUSE, JOURNAL_CORRUPT and the like, and then leaves nothing running. */
export async function serve(options: ServeOptions): Promise<RunningNeil> {
  const started: AsyncDisposable[] = [];
  try {
    return await start(options, started);
  } catch (error) {
    await dispose(started);
    throw error;
  }
}

async function start(options: ServeOptions, started: AsyncDisposable[]): Promise<RunningNeil> {
  const use = <T extends AsyncDisposable>(part: T): T => {
    started.push(part);
    return part;
  };
  const mansion = use(await openMansion({ path: join(options.home, "mansion") }));
  const journal = mansion.journal("office");
  const { keys, made } = serverKeys(options.home);
  const page = pageFiles();
  const office = use(
    shawn(emptyOffice(), {
      acts: neilActs,
      now,
      journal,
      snapshots: { version: programVersion(), every: SNAPSHOT_EVERY },
      onError: (failure) => failed(failure, options),
      onSignal: (signal) => signalled(signal, options),
    }),
  );
  await office.settled();
  const { key, psk } = keys;
  const devices = devicesOf(keys, () => serverKeys(options.home).keys);
  const pageKey = pageKeyOf(key);
  let pageUrl = "";
  const desk = { office, journal, devices, pageUrl: () => pageUrl };
  const beat = lastBeat(options.home);
  use(keepState(office, options.home));
  use(watchOver(office, options.home, beat));
  const supervisor = office.flow;
  const rpc = use(
    await hemple(neilContract, methods(desk), {
      host: options.rpcHost,
      port: options.rpcPort,
      key,
      psk,
      peers: doorList(keys.peers),
      supervisor,
      maxMessageBytes: MESSAGE_BYTES,
    }),
  );
  devices.keep(rpc);
  const handler = router({
    "GET /": () => page.get("/") ?? notFound(),
    "GET /assets/*": ({ path }) => page.get(path) ?? notFound(),
    "POST /today": plain(office, { key: pageKey, settings: () => settings(options.home) }),
  });
  const sockets = [live(office, { key: pageKey, settings: () => settings(options.home) })];
  const web = use(await chidi({ handler, port: options.webPort, sockets, supervisor }));
  // Behind the #, so that the key is sent to nobody but by the page itself.
  pageUrl = `http://${placeOf(web.address)}/#key=${pageKey}`;
  let stopping: Promise<void> | undefined;
  const drained = (deadlineMs: number): Promise<unknown> =>
    Promise.all([web.drain({ deadlineMs }), rpc.drain({ deadlineMs })]);
  const stop = async (): Promise<void> => {
    await drained(DRAIN_MS);
    await dispose(started);
  };
  return {
    home: options.home,
    firstRun: made,
    serverKey: fingerprint(publicKey(key)),
    web,
    pageUrl,
    rpc,
    office,
    stop() {
      // Asked twice: whoever asks does not want to wait for anybody any more.
      if (stopping !== undefined) void drained(0);
      stopping ??= stop();
      return stopping;
    },
  };
}

/** "127.0.0.1:8888" */
export function placeOf(address: { address: string; port: number } | { path: string }): string {
  if ("path" in address) throw new NeilError("INTERNAL", "Neil listens on ports, not on sockets of the file system");
  return `${address.address}:${address.port}`;
}

// Bound to the server's own key: it stays the same over restarts, and needs no file.
function pageKeyOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("the page").digest("base64url");
}

// The last that was started ends first: nothing is taken away from under what still uses it.
async function dispose(started: AsyncDisposable[]): Promise<void> {
  for (let part = started.pop(); part !== undefined; part = started.pop()) await part[Symbol.asyncDispose]();
}

// A refusal is told to whoever asked; anything else is for the operator.
function failed({ phase, act, error }: Failure, { log, onFatal }: ServeOptions): void {
  if (phase === "journal") return onFatal(error);
  if (phase === "validate" || error instanceof Refused) return;
  log(`error in ${phase} of ${act?.name ?? "no act"}: ${text(error)}`);
}

function signalled({ tag, error, fiber }: Signal & { readonly error?: unknown }, { log }: ServeOptions): void {
  if (tag === "error" && !(error instanceof Refused)) log(`error in ${fiber?.path ?? "a server"}: ${text(error)}`);
}

function text(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
