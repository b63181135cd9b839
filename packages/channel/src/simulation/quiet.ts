/**
 * `quiet`: the end of a moment.
 */
import { runtime } from "../internal/runtime.js";
import { type Op, Operation } from "../operation.js";

class QuietOp extends Operation<void> {
  override get label(): string {
    return "quiet";
  }

  override withdraw(): boolean {
    return true;
  }
}

/**
 * Waits until nothing can go on at this moment: in a simulation everything then waits for a later timer, or for what never
 * comes. Outside of one it waits until the host has had a turn.
 */
export function quiet(): Op<void> {
  const op = new QuietOp();
  runtime.later(() => op.settle(undefined));
  return op;
}

/** Whether a simulation runs. */
export function simulated(): boolean {
  return runtime.simulated;
}
