/**
 * Why a simulation could not go on, or not end: each with the fibers that were left, and what each waited for.
 */
import type { Activity } from "../activity.js";
import { ChannelError } from "../errors.js";

/** A simulated program that cannot go on (DEADLOCK), goes on for ever (LIVELOCK), or left fibers behind (LEAK). */
export class SimulationError extends ChannelError {
  override readonly name: string = "SimulationError";
  readonly seed: number | string;
  readonly parked: readonly Activity[];

  constructor(code: string, message: string, seed: number | string, parked: readonly Activity[]) {
    super(code, `${message} (seed ${JSON.stringify(seed)})${parked.map(line).join("")}`);
    this.seed = seed;
    this.parked = parked;
  }
}

/** A program in which every fiber waits, and nothing is left that could wake one. */
export class DeadlockError extends SimulationError {
  override readonly name = "DeadlockError";
}

export function deadlock(seed: number | string, now: number, parked: readonly Activity[]): DeadlockError {
  return new DeadlockError("DEADLOCK", `nothing can go on any more, at ${now} ms`, seed, parked);
}

export function livelock(seed: number | string, maxSteps: number, parked: readonly Activity[]): SimulationError {
  return new SimulationError(
    "LIVELOCK",
    `the program had not ended after ${maxSteps} steps, its maxSteps`,
    seed,
    parked,
  );
}

export function leak(seed: number | string, parked: readonly Activity[]): SimulationError {
  return new SimulationError(
    "LEAK",
    "the body has ended, but fibers that it started do not end, though they were cancelled",
    seed,
    parked,
  );
}

function line({ name, on, since, startedAt }: Activity): string {
  const start = startedAt === undefined ? "" : `, started at ${startedAt}`;
  return `\n  ${name} waits for ${on} since ${since} ms${start}`;
}
