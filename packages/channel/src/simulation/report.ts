/**
 * Why a simulation could not go on, or not end: each with the fibers that were left, and what each waited for.
 */
import { ChannelError } from "../errors.js";
import type { Fiber } from "../fiber.js";

/** A fiber that waits. */
export interface ParkedFiber {
  /** Its path: the names from the outermost scope to the fiber. */
  readonly name: string;
  /** What it waits for, in words; null for an async body, which waits for a promise that only it knows. */
  readonly on: string | null;
  /** When it began to wait, in virtual milliseconds. */
  readonly since: number;
  /** Where it was started. */
  readonly startedAt: string | null;
}

/** A simulated program that cannot go on (DEADLOCK), goes on for ever (LIVELOCK), or left fibers behind (LEAK). */
export class SimulationError extends ChannelError {
  override readonly name: string = "SimulationError";
  readonly seed: number | string;
  readonly parked: readonly ParkedFiber[];

  constructor(code: string, message: string, seed: number | string, parked: readonly ParkedFiber[]) {
    super(code, `${message} (seed ${JSON.stringify(seed)})${parked.map(line).join("")}`);
    this.seed = seed;
    this.parked = parked;
  }
}

/** A program in which every fiber waits, and nothing is left that could wake one. */
export class DeadlockError extends SimulationError {
  override readonly name = "DeadlockError";
}

export function deadlock(seed: number | string, now: number, fibers: Fiber<unknown>[]): DeadlockError {
  return new DeadlockError("DEADLOCK", `nothing can go on any more, at ${now} ms`, seed, fibers.map(parked));
}

export function livelock(seed: number | string, maxSteps: number, fibers: Fiber<unknown>[]): SimulationError {
  return new SimulationError(
    "LIVELOCK",
    `the program had not ended after ${maxSteps} steps, its maxSteps`,
    seed,
    fibers.map(parked),
  );
}

export function leak(seed: number | string, fibers: Fiber<unknown>[]): SimulationError {
  return new SimulationError(
    "LEAK",
    "the body has ended, but fibers that it started do not end, though they were cancelled",
    seed,
    fibers.map(parked),
  );
}

function parked(fiber: Fiber<unknown>): ParkedFiber {
  return { name: fiber.path, on: null, since: 0, startedAt: null };
}

function line({ name, on, since, startedAt }: ParkedFiber): string {
  return `\n  ${name} waits for ${on ?? "a promise of its own"} since ${since} ms${startedAt === null ? "" : `, started ${startedAt}`}`;
}
