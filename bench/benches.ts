/**
 * The benches by name. Each is loaded only when it is run.
 */
import type { Case } from "./harness.js";

interface Bench {
  readonly cases: () => Promise<readonly Case[]> | readonly Case[];
}

export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  channel: () => import("./channel.js"),
  shawn: () => import("./shawn.js"),
  mansion: () => import("./mansion.js"),
  chidi: () => import("./chidi.js"),
  trevor: () => import("./trevor.js"),
  hemple: () => import("./hemple.js"),
  neil: () => import("./neil.js"),
};
