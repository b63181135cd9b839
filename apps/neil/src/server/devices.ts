/**
 * The devices that may call: those of `server.json`. It is read anew when somebody has changed it, and counts at once: who
 * is no longer there is cut off.
 */
import { fingerprint, type HempleServer } from "@good-place/hemple";
import type { ServerKeys } from "../home.js";

export interface Device {
  readonly name: string;
  readonly fingerprint: string;
}

export interface Devices {
  /** The device that a key belongs to. */
  nameOf(fingerprint: string): string | undefined;
  reload(): Device[];
  /** The server whose door is kept from now on. */
  keep(door: Pick<HempleServer, "update">): void;
}

/** `read` gives the keys as they are on the disk now. */
export function devicesOf({ peers }: ServerKeys, read: () => ServerKeys): Devices {
  let known = named(peers);
  let door: Pick<HempleServer, "update"> | undefined;
  return {
    nameOf: (print) => known.find((device) => device.fingerprint === print)?.name,
    reload() {
      const { peers } = read();
      door?.update({ peers: doorList(peers) });
      known = named(peers);
      return known;
    },
    keep(server) {
      door = server;
    },
  };
}

/** What the door of the RPC wants to know. */
export function doorList(peers: ServerKeys["peers"]): { key: Uint8Array; roles: string[] }[] {
  return peers.map(({ key, roles }) => ({ key, roles }));
}

function named(peers: ServerKeys["peers"]): Device[] {
  return peers.map(({ name, key }) => ({ name, fingerprint: fingerprint(key) }));
}
