/**
 * What a restarting supervisor has to do, in the order in which it came up: what has happened to its children, and what
 * somebody has asked for. Once it refuses, whoever asked and asks is told so at once, and nobody waits for ever.
 */

import { abortable } from "../abort.js";
import { unbounded } from "../buffer.js";
import { Chan } from "../channel.js";
import { type Op, Operation, type WaitOptions } from "../operation.js";
import { failed, refusal } from "../outcome.js";
import { supervisorEnded } from "./failures.js";

/** What the supervisor's fiber does in one go; it may wait. */
export type Steps<T = void> = Generator<unknown, T, never>;
export type Job = () => Steps;

/** Somebody waits for the supervisor to do something. Withdrawn before its turn, it is not done. */
export class Request<T> extends Operation<T> {
  override withdraw(): boolean {
    return true;
  }
}

export class Inbox {
  readonly #path: string;
  readonly #jobs: Chan<Job> = new Chan(unbounded(), { name: "inbox of a supervisor" });
  readonly #requests = new Set<Request<never>>();
  #refuses = false;

  /** The path is that of the supervisor. */
  constructor(path: string) {
    this.#path = path;
  }

  next(): Op<Job> {
    return this.#jobs.take() as Op<Job>;
  }

  post(job: Job): void {
    if (!this.#refuses) this.#jobs.tryGive(job);
  }

  /** Waits for work to be done; the work settles the request, or sees to it that `answer` is called again later. */
  ask<T>(work: (request: Request<T>) => Steps | undefined, options: WaitOptions | undefined): Op<T> {
    const refused = refusal(options);
    if (refused !== null) return refused;
    if (this.#refuses) return failed(supervisorEnded(this.#path));
    const request = new Request<T>();
    this.#requests.add(request as Request<never>);
    this.post(() => this.answer(request, work));
    return abortable(request, options);
  }

  *answer<T>(request: Request<T>, work: (request: Request<T>) => Steps | undefined): Steps {
    if (!request.done) yield* work(request) ?? [];
    if (request.done) this.#requests.delete(request as Request<never>);
  }

  /** From now on nothing is done any more. */
  refuse(): void {
    this.#refuses = true;
    for (const request of this.#requests) request.fail(supervisorEnded(this.#path));
    this.#requests.clear();
  }
}
