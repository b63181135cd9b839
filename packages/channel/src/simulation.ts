/**
 * `@good-place/channel/simulation`: programs of fibers and channels on a seeded scheduler and a virtual clock, the search
 * through their interleavings, and the report of what can never go on. Bodies use the ordinary imports.
 */
export { type Explored, ExploreError, type ExploreOptions, explore } from "./simulation/explore.js";
export { quiet, simulated } from "./simulation/quiet.js";
export { Random } from "./simulation/random.js";
export { DeadlockError, SimulationError } from "./simulation/report.js";
export {
  type RunOptions,
  type SimulateOptions,
  type Simulation,
  type SimulationBody,
  simulate,
} from "./simulation/simulate.js";
