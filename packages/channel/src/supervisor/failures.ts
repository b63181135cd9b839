/**
 * The failures of a restarting supervisor, in words: which supervisor, which child, what came of it and what to do.
 */
import { quote, SupervisorError, suggestion } from "../errors.js";

/** A child that was started first, and not anew, did not get ready. */
export function startFailed(path: string, child: string, cause: unknown): SupervisorError {
  return new SupervisorError("START_FAILED", `supervisor ${path}: child ${quote(child)} did not start`, {
    child,
    cause,
  });
}

/** A child was started, but has not said that it is ready. */
export function notReady(path: string, child: string, why: string, cause: unknown): SupervisorError {
  const text = `supervisor ${path}: child ${quote(child)} ${why}; call fiber.ready(), or leave readyMs out`;
  return new SupervisorError("NOT_READY", text, { child, cause });
}

/** A permanent child has ended without a failure, which is one. */
export function childEnded(path: string, child: string): SupervisorError {
  const text = `supervisor ${path}: permanent child ${quote(child)} ended; make it transient if it may`;
  return new SupervisorError("CHILD_ENDED", text, { child });
}

/** One failure more than the intensity allows. */
export function tooMany(
  path: string,
  child: string,
  { restarts, withinMs }: { readonly restarts: number; readonly withinMs: number },
  cause: unknown,
): SupervisorError {
  const text =
    `supervisor ${path} gave up: child ${quote(child)} failed after ${restarts} restarts within ${withinMs} ms; ` +
    "look at the cause, or allow more by intensity";
  return new SupervisorError("INTENSITY", text, { child, cause });
}

/** A child has not ended in time after its cancel. */
export function abandoned(path: string, child: string, shutdownMs: number): SupervisorError {
  const text =
    `supervisor ${path}: child ${quote(child)} still ran ${shutdownMs} ms after its cancel and was abandoned; ` +
    "heed fiber.signal in async bodies, or raise shutdownMs";
  return new SupervisorError("ABANDONED", text, { child });
}

/** Something was asked of a tree that stops or has stopped. */
export function supervisorEnded(path: string): SupervisorError {
  return new SupervisorError("SUPERVISOR_ENDED", `supervisor ${path} has ended and starts and stops nothing any more`);
}

/** A child was to be added under a name that is taken. */
export function duplicateChild(path: string, child: string): SupervisorError {
  const text = `supervisor ${path} has a child ${quote(child)} already; stop it first, or choose another name`;
  return new SupervisorError("DUPLICATE_CHILD", text, { child });
}

/** A child was to be stopped that is not there. */
export function unknownChild(path: string, child: string, names: readonly string[]): SupervisorError {
  const text = `supervisor ${path} has no child ${quote(child)}${suggestion(child, names)}`;
  return new SupervisorError("UNKNOWN_CHILD", text, { child });
}
