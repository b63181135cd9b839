/**
 * How a restarting supervisor tells what happens: by events on the channel of its spec. A failure that a restart follows
 * needs nobody to hear it; any other that reached neither the events nor a supervisor channel is unhandled.
 */
import { forceSignal } from "../fiber.js";
import { runtime } from "../internal/runtime.js";
import type { Supervisor } from "../signal.js";
import { unhandled } from "../unhandled.js";
import type { Child } from "./child.js";
import type { SupervisorNews } from "./event.js";
import { abandoned } from "./failures.js";
import type { Life } from "./life.js";

export class Report {
  readonly #supervisor: string;
  readonly #events: Supervisor | null;

  /** The path is that of the supervisor. */
  constructor(path: string, events: Supervisor | null) {
    this.#supervisor = path;
    this.#events = events;
  }

  /** False where nobody hears it. */
  tell({ spec, life, restarts }: Child, news: SupervisorNews): boolean {
    if (this.#events === null) return false;
    const about = { supervisor: this.#supervisor, child: spec.name, fiber: life?.main ?? null, restarts };
    return forceSignal(this.#events, { ...news, ...about, at: runtime.now() });
  }

  /** A life ended by itself. */
  end(child: Child, life: Life, restarts: boolean): void {
    const { status, errors } = life;
    if (status === "ok") this.tell(child, { tag: "ended", status });
    else if (status === "cancelled") this.tell(child, { tag: "ended", status, reason: life.main.cancelError?.reason });
    else {
      const heard = this.tell(child, { tag: "ended", status, error: life.value, errors });
      if (!heard && !restarts) lost(life, life.value);
    }
  }

  /** A life was stopped. */
  stop(child: Child, life: Life, reason: unknown): void {
    const shutdownMs = life.abandonedAfterMs;
    if (shutdownMs !== null && !this.tell(child, { tag: "abandoned", shutdownMs })) {
      lost(life, abandoned(this.#supervisor, child.spec.name, shutdownMs));
    }
    const errors = life.status === "error" ? [life.value, ...life.errors] : life.errors;
    if (!this.tell(child, { tag: "stopped", reason, errors })) for (const error of errors) lost(life, error);
  }
}

function lost(life: Life, error: unknown): void {
  if (life.main.supervisor === null) unhandled(error, life.path);
}
