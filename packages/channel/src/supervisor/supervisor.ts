/**
 * Restarting supervisors, by the rules of OTP's `supervisor` (erlang.org/doc/apps/stdlib/supervisor.html).
 * One fiber does one thing at a time, so that every rule is a few steps in a row: it starts the children, then works off
 * its inbox (a child has ended, a backoff is over, somebody asks), and in the end stops the children in reverse.
 * Invariant: when the tree settles, none of its children runs, but for those that were abandoned.
 */

import { abortable } from "../abort.js";
import { describe, misuse, type SupervisorError } from "../errors.js";
import type { FiberOp } from "../fiber.js";
import type { Fiber } from "../fiber-face.js";
import { runtime } from "../internal/runtime.js";
import type { Op, Operation, WaitOptions } from "../operation.js";
import { ScopeOp } from "../scope.js";
import { delayOf } from "./backoff.js";
import { type Child, ChildList, type ChildState, stateOf } from "./child.js";
import { Report } from "./event-report.js";
import { childEnded, duplicateChild, notReady, startFailed, tooMany, unknownChild } from "./failures.js";
import { Inbox, type Job, type Request, type Steps } from "./inbox.js";
import { IntensityWindow } from "./intensity.js";
import { Life } from "./life.js";
import {
  type CheckedChild,
  type CheckedSpec,
  type ChildSpec,
  checkChild,
  checkSpec,
  type SupervisorSpec,
} from "./spec.js";

/** A running tree. Awaiting it or `yield*`ing it waits for its end. */
export interface SupervisorTree extends Op<void> {
  readonly name: string;
  /**
   * Starts one more child, last in the list, and waits until it is ready; while its siblings restart, until they have.
   * Fails with DUPLICATE_CHILD, with START_FAILED when it did not get ready (then it is none of the tree's), and with
   * SUPERVISOR_ENDED. A wait that is cancelled after the start has begun leaves the child in the tree. A child that waits
   * for its own tree before it is ready waits for itself, until its `readyMs` is over.
   */
  start(child: ChildSpec, options?: WaitOptions): Op<ChildState>;
  /** Stops a child and forgets its spec; waits for its end. Fails with UNKNOWN_CHILD, and with SUPERVISOR_ENDED. */
  stop(name: string, options?: WaitOptions): Op<void>;
  /** The children in the order of the list; those that can never start again are not in it. */
  children(): readonly ChildState[];
  /** Waits until the children of the spec are ready. Fails with SUPERVISOR_ENDED when the tree ends before that. */
  waitReady(options?: WaitOptions): Op<void>;
  /** Stops the children in reverse order; the tree then fails with CancelledError. The same as cancelling whoever waits for it. */
  cancel(reason?: unknown): void;
}

/**
 * Starts the children in the order of the list, each when the one before is ready, and starts them anew by the rules of
 * the spec. Ends when `autoShutdown` says so. Fails with START_FAILED when a child of the list does not get ready, and with
 * INTENSITY when children fail more often than `intensity` allows; `cause` is the failure of the child. However it ends,
 * it first stops its children in reverse order and waits for them. Throws a coded TypeError or RangeError for a wrong spec.
 */
export function supervisor(spec: SupervisorSpec, options?: WaitOptions): SupervisorTree {
  const tree = new Tree(checkSpec(spec));
  // Before its first step, so that nothing starts.
  if (runtime.current?.doomed) tree.abort(runtime.current.cancelError);
  else if (options?.signal?.aborted) tree.abort(options.signal.reason);
  return abortable(tree, options);
}

interface Failure {
  readonly error: unknown;
}

class Tree extends ScopeOp<void> implements SupervisorTree {
  readonly #spec: CheckedSpec;
  readonly #children = new ChildList();
  readonly #intensity: IntensityWindow;
  readonly #inbox: Inbox;
  readonly #report: Report;
  // True from a failure under one-for-all or rest-for-one until all that went down is up; who wants to be added waits here.
  #down = false;
  #deferred: Job[] = [];
  #over: { readonly failure: SupervisorError | null } | null = null;

  constructor(spec: CheckedSpec) {
    const { name } = spec;
    super((tree) => (tree as Tree).#run(), name, undefined, { name, graceMs: Number.POSITIVE_INFINITY });
    this.#spec = spec;
    this.#intensity = new IntensityWindow(spec.restarts, spec.withinMs);
    this.#inbox = new Inbox(this.path);
    this.#report = new Report(this.path, spec.events);
  }

  get lead(): FiberOp<unknown> {
    return this.main as FiberOp<unknown>;
  }

  start(spec: ChildSpec, options?: WaitOptions): Op<ChildState> {
    const child = checkChild("start()", spec, this.#spec.autoShutdown);
    return this.#inbox.ask((request) => this.#add(child, request), options);
  }

  stop(name: string, options?: WaitOptions): Op<void> {
    if (typeof name !== "string") {
      throw misuse("type", "BAD_OPTION", `stop() takes the name of a child, got ${describe(name)}`);
    }
    return this.#inbox.ask((request) => this.#remove(name, request), options);
  }

  children(): readonly ChildState[] {
    return this.#children.all.map(stateOf);
  }

  waitReady(options?: WaitOptions): Op<void> {
    // Nothing is worked off before the children of the spec are ready.
    return this.#inbox.ask((request: Request<void>) => {
      request.settle(undefined);
      return undefined;
    }, options);
  }

  override settle(): void {
    super.settle(undefined);
    this.#inbox.refuse();
  }

  override fail(error: unknown): void {
    super.fail(error);
    this.#inbox.refuse();
  }

  *#run(): Steps {
    try {
      try {
        yield* this.#serve();
      } finally {
        yield* this.#close();
      }
    } finally {
      // A cancel that came while a tree that was over stopped its children has cut that short. There is no second one.
      yield* this.#close();
      this.#raise();
    }
  }

  *#serve(): Steps {
    for (const spec of this.#spec.children) this.#children.add(spec);
    for (const child of this.#children.all) {
      const failure = yield* this.#launch(child);
      if (failure === null) continue;
      return this.#escalate(child, failure.error, startFailed(this.path, child.spec.name, failure.error));
    }
    while (this.#over === null) {
      const job = yield* this.#inbox.next();
      yield* job();
    }
  }

  *#close(): Steps {
    this.#inbox.refuse();
    this.#down = false;
    yield* this.#halt(this.#children.all, this.main.cancelError?.reason ?? "shutdown");
  }

  #escalate(child: Child, error: unknown, failure: SupervisorError): void {
    this.#report.tell(child, { tag: "escalated", error });
    this.#over = { failure };
  }

  #raise(): void {
    const failure = this.#over?.failure ?? null;
    if (failure !== null) throw failure;
  }

  // Begins a life, and waits until it is ready. The failure is that it did not get so; then it has ended.
  *#launch(child: Child): Steps<Failure | null> {
    const { name, readyMs } = child.spec;
    const life = new Life((fiber) => this.#body(child, fiber), name, child.shutdownMs);
    child.life = life;
    life.watch({ wake: () => this.#inbox.post(() => this.#ended(child, life)) });
    this.#children.mark(child, "starting");
    this.#report.tell(child, { tag: "started" });
    // Other fibers and the host get their turns, however many children there are.
    if (readyMs === null) yield;
    else {
      const answer = yield* life.readiness(readyMs);
      if (answer !== "ready") {
        yield* this.#end(child, "not ready", true);
        if (life.status === "error") return { error: life.value };
        const why = answer === "late" ? `was not ready within ${readyMs} ms` : "ended before it was ready";
        return { error: notReady(this.path, name, why, life.failed ? life.value : undefined) };
      }
      this.#report.tell(child, { tag: "ready" });
    }
    this.#children.mark(child, "running");
    return null;
  }

  #body(child: Child, fiber: Fiber<unknown>): ReturnType<ChildSpec["start"]> {
    const result = child.spec.start(fiber);
    if (result instanceof Tree) {
      // A tree takes as long to stop as its children do, and is ready when they are.
      if (child.spec.shutdownMs === null) child.shutdownMs = Number.POSITIVE_INFINITY;
      (result.waitReady() as Operation<void>).watch({ wake: (up) => up.failed || fiber.ready() });
    }
    return result;
  }

  // A child has ended by itself; unless it has been stopped or started anew meanwhile.
  *#ended(child: Child, life: Life): Steps {
    if (child.life !== life) return;
    const { restart, backoff, significant } = child.spec;
    const again = restart === "permanent" || (restart === "transient" && life.status === "error");
    this.#report.end(child, life, again);
    child.life = null;
    if (again) {
      if (backoff !== null && runtime.now() - child.since >= backoff.maxMs) child.failures = 0;
      return yield* this.#restart(child, life.status === "ok" ? childEnded(this.path, child.spec.name) : life.value);
    }
    if (restart === "temporary" || this.#spec.strategy === "one-for-one") this.#children.forget(child);
    else this.#children.mark(child, "ended");
    this.#shutDown(significant);
  }

  #shutDown(significant: boolean): void {
    const { autoShutdown } = this.#spec;
    if (autoShutdown === "never") return;
    const enough = autoShutdown === "any-significant" || this.#children.significant === 0;
    if (this.#children.live === 0 || (significant && enough)) this.#over = { failure: null };
  }

  *#restart(child: Child, error: unknown): Steps {
    this.#children.mark(child, "waiting");
    if (!this.#intensity.allows(runtime.now())) {
      return this.#escalate(child, error, tooMany(this.path, child.spec.name, this.#spec, error));
    }
    const { backoff } = child.spec;
    const delayMs = backoff === null ? 0 : delayOf(backoff, ++child.failures, runtime.random());
    this.#report.tell(child, { tag: "restarting", delayMs, error });
    if (this.#spec.strategy !== "one-for-one") {
      this.#down = true;
      const group = this.#children.group(child, this.#spec.strategy);
      yield* this.#halt(group, `restart of ${child.spec.name}`);
      for (const member of group) {
        if (member.spec.restart === "temporary") this.#children.forget(member);
        else this.#children.mark(member, "waiting");
      }
    }
    if (delayMs === 0) return yield* this.#rise(child);
    const restart = { timer: runtime.setTimer(delayMs, () => this.#inbox.post(() => this.#due(child, restart, null))) };
    child.restart = restart;
  }

  // A restart has come round: its backoff is over, or its first try has failed.
  *#due(child: Child, restart: Child["restart"], failure: Failure | null): Steps {
    if (child.restart !== restart) return;
    child.restart = null;
    if (failure === null) yield* this.#rise(child);
    else yield* this.#restart(child, failure.error);
  }

  // Starts anew what went down with the child, in the order of the list.
  *#rise(child: Child): Steps {
    for (const member of this.#children.group(child, this.#spec.strategy)) {
      if (member.status !== "waiting") continue;
      member.restarts++;
      const failure = yield* this.#launch(member);
      if (failure === null) continue;
      // It counts as one more failure, which is dealt with after what else has happened.
      const restart = { timer: null };
      this.#children.mark(member, "waiting");
      member.restart = restart;
      return this.#inbox.post(() => this.#due(member, restart, failure));
    }
    this.#allUp();
  }

  #allUp(): void {
    this.#down = false;
    for (const job of this.#deferred.splice(0)) this.#inbox.post(job);
  }

  // Stops those that run, the last in the list first, and calls off their restarts.
  *#halt(children: Child[], reason: unknown): Steps {
    for (const child of children.toReversed()) yield* this.#end(child, reason);
  }

  // Something follows from its end if it is one that is started anew, or that somebody is told of otherwise.
  *#end(child: Child, reason: unknown, follows = this.#down && child.spec.restart !== "temporary"): Steps {
    if (child.restart !== null) {
      runtime.clearTimer(child.restart.timer);
      child.restart = null;
    }
    const { life } = child;
    if (life !== null) {
      if (life.done && !life.stopping) this.#report.end(child, life, follows);
      else {
        this.#children.mark(child, "stopping");
        yield* life.stop(reason, child.shutdownMs);
        this.#report.stop(child, life, reason);
      }
      child.life = null;
    }
    this.#children.mark(child, "ended");
  }

  *#add(spec: CheckedChild, request: Request<ChildState>): Steps {
    if (this.#down) {
      this.#deferred.push(() => this.#inbox.answer(request, (later) => this.#add(spec, later)));
      return;
    }
    if (this.#children.get(spec.name) !== undefined) return request.fail(duplicateChild(this.path, spec.name));
    const child = this.#children.add(spec);
    const failure = yield* this.#launch(child);
    if (failure === null) return request.settle(stateOf(child));
    this.#children.forget(child);
    request.fail(startFailed(this.path, spec.name, failure.error));
  }

  *#remove(name: string, request: Request<void>): Steps {
    const child = this.#children.get(name);
    if (child === undefined) return request.fail(unknownChild(this.path, name, this.#children.names));
    const held = child.restart !== null;
    yield* this.#end(child, "stopped");
    this.#children.forget(child);
    request.settle(undefined);
    if (!held || !this.#down) return;
    // It was what the others waited for.
    const next = this.#children.all.find((other) => other.status === "waiting");
    if (next !== undefined) yield* this.#rise(next);
    else this.#allUp();
  }
}
