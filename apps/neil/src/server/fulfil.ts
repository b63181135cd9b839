/**
 * What becomes of an ask, whoever it comes from: what it comes to is looked up, confirmed, and told once it is durable.
 */
import { emergence } from "@good-place/channel";
import type { Act, Shawn } from "@good-place/shawn";
import type * as z from "zod/mini";
import type { AskName, asks, Done } from "../asks.js";
import { now } from "../clock.js";
import type { Office } from "../domain/office.js";
import { actsOf } from "./acts-of.js";
import { answer, stepsOf } from "./answer.js";

type Input<Name extends AskName> = z.output<(typeof asks)[Name]> & { command: string };

/** Who asks: `by` is written into the acts, and an abort of `signal` withdraws what is not confirmed yet. */
interface Asking {
  readonly by?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does what is asked and answers, in a fiber under the office's supervisor. A command that has run already is answered again and not run;
 * a dry run writes nothing. Fails with what the rules refuse.
 */
export function* fulfil<Name extends Exclude<AskName, "interval/import">>(
  office: Shawn<Office>,
  name: Name,
  input: Input<Name>,
  { by, signal }: Asking,
): Generator<unknown, Done, unknown> {
  const { command, dryRun = false } = input;
  const before = office.envelope;
  if (stepsOf(before, command).length > 0) return answer(before, before, command, now());
  const acts = (actsOf[name] as (office: Office, input: Input<Name>) => readonly Act[])(before, input);
  if (dryRun) return answer(before, tried(office, acts), command, now());
  yield* emergence(undefined, acts, { signal, ...(by !== undefined && { by }) });
  return answer(before, office.envelope, command, now());
}

/** The office as the acts would make it. */
export function tried(office: Shawn<Office>, acts: readonly Act[]): Office {
  return acts.reduce((envelope, act) => office.reduce(envelope, act), office.envelope);
}
