/**
 * The tide: acts that are not yet processed. It works them off one at a time: spy, update, snoops, watch, effect, then
 * depth-first and from left to right what follows from them. Nothing nests: what is handed in while an act is worked off
 * waits until all that follows from that act is done, and goes before the acts that have waited longer; so
 * `confirm(a, b)` is `confirm(a); confirm(b)` even for acts that confirm others.
 */

import { until } from "@good-place/channel";
import { describe, misuse } from "@good-place/channel/misuse";
import { isAsyncGenerator, isGenerator, isThenable } from "@good-place/channel/shapes";
import { type Act, type ActBody, type ConfirmedAct, type Follow, isAct } from "../act.js";
import { type CocoonSpec, cocoon, isCocoon } from "../cocoon.js";
import type { Level } from "../journal.js";
import type { Failure, Phase } from "../options.js";
import { isSnoop, type Snoop } from "../snoop.js";
import { Context, type Surroundings } from "./context.js";
import type { Core, Origin } from "./core.js";
import type { Asked } from "./levels.js";
import { answersFail } from "./refusals.js";

/** What the tide needs of its store. */
export interface Shore<E> extends Surroundings<E> {
  /** True while effects must wait until their act is durable. */
  readonly journaled: boolean;
  onError: ((failure: Failure) => unknown) | undefined;
  startCocoon(spec: CocoonSpec, act: ConfirmedAct, cx: Context<E>, barren: boolean): void;
  /** A batch has drained: journal it and tell the subscribers. Gives what resolves when it is durable. */
  drained(batch: Batch<E>): Promise<void> | null;
  /** Resolves when the acts of these ids, which were confirmed before, are durable. Rejects when one never will be. */
  settling(ids: readonly string[]): Promise<void>;
  /** Why nothing more can be confirmed, if it cannot. */
  closed(): Error | null;
  /** A failure that no confirm is there to throw. */
  failedLate(failure: Failure): void;
  /** Confirms what a cocoon emits. */
  emit(acts: readonly Act[], act: ConfirmedAct): void;
}

export interface Batch<E> {
  readonly previous: E;
  readonly confirmed: readonly ConfirmedAct[];
  /** The envelope after each of them. */
  readonly envelopes: readonly E[];
  /** To be run once the batch is durable. */
  readonly lateEffects: readonly (() => void)[];
}

/** The failure that dropped the rest of the tide: the first without an `onError`, or what `onError` threw. */
export type Thrown = { readonly error: unknown } | null;

/** How acts are handed in. What follows from them at once has their level. */
export interface Handing {
  readonly origin: Origin | undefined;
  readonly level?: Level | undefined;
  readonly asked?: Asked | undefined;
}

interface Pending extends Handing {
  readonly act: Act;
  /** It answers a failure, or follows from such an act. */
  readonly answer: boolean;
}

/** What something follows from, and where it is put. */
interface Followed<E> {
  readonly act: ConfirmedAct;
  readonly level: Level | undefined;
  readonly cx: Context<E>;
  readonly follow: Pending[];
}

interface LivingSnoop<E> {
  readonly snoop: Snoop<E>;
  was: unknown;
  stopped: boolean;
}

// Never written: a list that is added to is another one.
const NONE: never[] = [];
const NO_FOLLOW: Pending[] = [];
const NOTHING_FIRST = (): null => null;
// How many failures may be answered one after the other, each a failure of the answers before.
const ANSWERS = 100;

export class Tide<E extends object> {
  readonly #core: Core<E>;
  readonly #shore: Shore<E>;
  // What follows from the act whose turn it is; what was handed in since that turn began; what waits for a later turn.
  // The first and the last are stacks: the next act is their last.
  #stack: Pending[] = [];
  #entered: Pending[] = [];
  #waiting: Pending[] = [];
  #running = false;
  #snoops: LivingSnoop<E>[] = [];
  #confirmed: ConfirmedAct[] = NONE;
  #envelopes: E[] = NONE;
  #lateEffects: (() => void)[] | null = null;
  #thrown: Thrown = null;
  #dropped = false;
  // Who waits to be told, in the order of the acts.
  #asked: Asked[] = [];
  // The ids that were asked for again in this batch.
  #repeated: string[] = NONE;
  // Is the act whose turn it is, or was last, an answer? How many there were since one that was not.
  #answering = false;
  #answers = 0;

  constructor(core: Core<E>, shore: Shore<E>) {
    this.#core = core;
    this.#shore = shore;
  }

  /** Hands acts in, and works everything off unless a run is already under way, or `hold` says to wait. */
  run(acts: readonly Act[], { origin, level, asked }: Handing, hold = false): Thrown {
    const waits = this.#running || hold;
    if (asked !== undefined) this.#asked.push(asked);
    if (acts.length === 1 && !waits && this.#empty) {
      this.#stack = [{ act: acts[0] as Act, origin, level, asked, answer: false }];
    } else for (const act of acts) this.#entered.push({ act, origin, level, asked, answer: false });
    return waits ? null : this.within(NOTHING_FIRST);
  }

  get #empty(): boolean {
    return this.#stack.length === 0 && this.#entered.length === 0 && this.#waiting.length === 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Calls out, and then works off all that was handed in meanwhile: nothing that is called can make a run nest. */
  within(first: () => void): Thrown {
    this.#running = true;
    this.#thrown = null;
    try {
      first();
      // Subscribers may hand in more; that is a batch of its own.
      while (!this.#empty || this.#asked.length > 0) this.#drain();
    } finally {
      this.#running = false;
    }
    return this.#thrown;
  }

  /** Runs a listener; what it throws is reported, and silences no other. */
  attempt(phase: Phase, act: Act | undefined, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#report({ phase, act, error }, act?.meta);
    }
  }

  /** The envelope was moved by no act: the snoops that live go on from where it is now. */
  moved(): void {
    for (const living of this.#snoops) {
      this.attempt("snoop", undefined, () => {
        living.was = living.snoop.select(this.#core.envelope);
      });
    }
  }

  #drain(): void {
    const previous = this.#core.envelope;
    const closed = this.#shore.closed();
    if (closed !== null) this.#drop(closed);
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      // What follows from an act goes on top of the stack, before the acts that were already there.
      const follow = this.#process(next);
      if (follow.length > 0) moveReversed(follow, this.#stack);
    }
    const asked = this.#asked.length;
    const repeated = this.#repeated;
    this.#repeated = NONE;
    let durable = this.#confirmed.length === 0 ? null : this.#shore.drained(this.#batch(previous));
    if (asked === 0) return;
    // Whoever asked twice waits for the first.
    if (repeated.length > 0) durable = both(durable, this.#shore.settling(repeated));
    for (const each of this.#asked.splice(0, asked)) each.told(durable);
  }

  #batch(previous: E): Batch<E> {
    const batch = {
      previous,
      confirmed: this.#confirmed,
      envelopes: this.#envelopes,
      lateEffects: this.#lateEffects ?? NONE,
    };
    this.#confirmed = NONE;
    this.#envelopes = NONE;
    this.#lateEffects = null;
    return batch;
  }

  #next(): Pending | undefined {
    if (this.#stack.length > 0) return this.#stack.pop();
    if (this.#entered.length > 0) moveReversed(this.#entered, this.#waiting);
    return this.#waiting.pop();
  }

  #drop(error: unknown): void {
    for (const each of this.#asked) each.refusal ??= { error };
    this.#stack = [];
    this.#entered = [];
    this.#waiting = [];
    this.#dropped = true;
  }

  #process({ act, origin, level, asked, answer }: Pending): Pending[] {
    const core = this.#core;
    this.#dropped = false;
    this.#answering = answer;
    if (!answer) this.#answers = 0;
    let phase: Phase = "validate";
    let confirmed: ConfirmedAct;
    let body: ActBody<E, unknown>;
    try {
      const definition = core.definition(act);
      if (core.repeats(act)) {
        this.#repeated = extended(this.#repeated, act.id as string);
        return NO_FOLLOW;
      }
      body = definition.body as ActBody<E, unknown>;
      const payload = core.payload(act, definition);
      confirmed = { name: act.name, payload, meta: core.draw(origin, definition, act.id) };
      phase = "spy";
      const spied = body.spy?.(core.envelope, payload, confirmed.meta);
      const snoops = spied === undefined ? NONE : this.#spied(spied, act.name);
      phase = "update";
      core.advance(definition, confirmed);
      for (const living of snoops) this.#snoops.push(living);
    } catch (error) {
      this.#report({ phase, act, error }, origin, asked);
      return [];
    }
    this.#confirmed = extended(this.#confirmed, confirmed);
    this.#envelopes = extended(this.#envelopes, core.envelope);
    // Shared where nobody adds to it.
    const follow: Pending[] = this.#snoops.length === 0 && body.watch === undefined ? NO_FOLLOW : [];
    this.#snoop(confirmed, level, follow);
    if (body.watch !== undefined) {
      const cx = new Context<E>(this.#shore, confirmed.meta);
      this.attempt("watch", confirmed, () => {
        this.#sort(body.watch?.(core.envelope, confirmed.payload, cx), { act: confirmed, level, cx, follow });
      });
    }
    if (body.effect !== undefined) this.#effect(body, confirmed, level);
    return this.#dropped ? NO_FOLLOW : follow;
  }

  #spied(spied: Snoop<E> | readonly Snoop<E>[] | null, act: string): LivingSnoop<E>[] {
    const snoops = [spied ?? []].flat() as Snoop<E>[];
    const other = snoops.find((each) => !isSnoop(each));
    if (!snoops.every(isSnoop)) {
      throw misuse(
        "type",
        "NOT_A_SNOOP",
        `act ${act}: a spy leaves what snoop() makes, or nothing, got ${describe(other)}`,
      );
    }
    return snoops.map((snoop) => ({ snoop, was: snoop.select(this.#core.envelope), stopped: false }));
  }

  #snoop(act: ConfirmedAct, level: Level | undefined, follow: Pending[]): void {
    if (this.#snoops.length === 0) return;
    for (const living of this.#snoops) {
      if (living.stopped) continue;
      this.attempt("snoop", act, () => {
        const now = living.snoop.select(this.#core.envelope);
        const { was } = living;
        if (Object.is(now, was)) return;
        living.was = now;
        const stop = (): void => {
          living.stopped = true;
        };
        const reaction = living.snoop.react(now as never, was as never, { stop });
        this.#sort(reaction, { act, level, cx: new Context<E>(this.#shore, act.meta), follow });
      });
    }
    if (this.#snoops.some(({ stopped }) => stopped)) this.#snoops = this.#snoops.filter(({ stopped }) => !stopped);
  }

  #effect(body: ActBody<E, unknown>, act: ConfirmedAct, level: Level | undefined): void {
    const { envelope, rebase } = this.#core;
    const late = (error: unknown): void => this.#shore.failedLate({ phase: "effect", act, error });
    const run = (certain: E): void => {
      const result = body.effect?.(certain, act.payload, new Context<E>(this.#shore, act.meta));
      if (isThenable(result)) result.then(undefined, late);
    };
    const held = rebase.held.at(-1);
    const waits = this.#shore.journaled && level !== "memory";
    if (held === undefined && !waits) return this.attempt("effect", act, () => run(envelope));
    const runLate = (certain: E): void => {
      try {
        run(certain);
      } catch (error) {
        late(error);
      }
    };
    if (held !== undefined) {
      held.effect = { run: runLate, waits };
      return;
    }
    this.#lateEffects ??= [];
    this.#lateEffects.push(() => runLate(envelope));
  }

  // Sorts what a watch or snoop returned: acts are to follow, anything that takes time becomes a cocoon.
  #sort(what: Follow, from: Followed<E>): void {
    const { act, level, cx, follow } = from;
    if (what === undefined || what === null) return;
    if (Array.isArray(what)) for (const each of what) this.#sort(each, from);
    else if (isCocoon(what)) this.#shore.startCocoon(what, act, cx.forCocoon(), false);
    else if (isAct(what)) follow.push({ act: what, origin: act.meta, level, answer: this.#answering });
    else if (isThenable(what)) this.#later(what as PromiseLike<Follow>, act, cx);
    else if (isGenerator(what) || isAsyncGenerator(what))
      this.#shore.startCocoon(
        cocoon(() => what),
        act,
        cx,
        false,
      );
    else {
      const came = describe(what);
      throw misuse(
        "type",
        "BAD_FOLLOW",
        `act ${act.name}: acts, a promise, a generator or a cocoon can follow, got ${came}`,
      );
    }
  }

  #later(promise: PromiseLike<Follow>, act: ConfirmedAct, cx: Context<E>): void {
    const sorted = (what: Follow): void => {
      const follow: Pending[] = [];
      this.#sort(what, { act, level: undefined, cx, follow });
      this.#shore.emit(
        follow.map((pending) => pending.act),
        act,
      );
    };
    const coming = Promise.resolve(promise as PromiseLike<unknown>);
    // The cocoon hears of its failure, but begins only at its first step.
    coming.then(undefined, () => {});
    const waiting = cocoon(() => passedOn(coming as Promise<Follow>, sorted));
    this.#shore.startCocoon(waiting, act, cx, true);
  }

  #report(failure: Failure, origin: Origin | undefined, asked?: Asked): void {
    let { error } = failure;
    if (asked !== undefined) asked.refusal ??= { error };
    if (this.#shore.onError !== undefined) {
      try {
        const acts = answered(this.#shore.onError, failure);
        if (acts.length > 0 && ++this.#answers > ANSWERS) throw answersFail(error);
        for (const act of acts.reverse()) this.#stack.push({ act, origin, answer: true });
        return;
      } catch (thrown) {
        error = thrown;
      }
    }
    this.#thrown ??= { error };
    this.#drop(error);
  }
}

/** The acts that a handler answers a failure with. Throws what it throws, and NOT_AN_ACT where it answers with anything else. */
export function answered(onError: (failure: Failure) => unknown, failure: Failure): Act[] {
  const answers = [onError(failure) ?? []].flat();
  const other = answers.find((answer) => !isAct(answer));
  if (answers.every(isAct)) return answers;
  throw misuse("type", "NOT_AN_ACT", `onError answers a failure with acts, or with nothing, got ${describe(other)}`);
}

function* passedOn(coming: Promise<Follow>, sorted: (what: Follow) => void): Generator<unknown, void, never> {
  sorted(yield* until(coming));
}

function both(one: Promise<void> | null, other: Promise<void>): Promise<void> {
  if (one === null) return other;
  const all = Promise.all([one, other]).then(() => {});
  all.catch(() => {});
  return all;
}

// The first push to an empty array makes room for seventeen, and most batches are of one act.
function extended<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}

// What came first comes off the stack first.
function moveReversed<T>(from: T[], stack: T[]): void {
  while (from.length > 0) stack.push(from.pop() as T);
}
