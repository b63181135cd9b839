/**
 * The sessions of an endpoint: a connection says which one it is of, and gets it, or a new one, or hears that it is lost.
 * Invariant: at most `resume.max` sessions wait for their clients.
 */
import type { Socket as NetSocket } from "node:net";
import type { WebSocket } from "ws";
import type { ResumeLimits, TrevorSettings } from "../options.js";
import { type Control, control, unwrap } from "./envelope.js";
import { SessionWire } from "./session-wire.js";

export class Sessions {
  readonly #settings: TrevorSettings;
  readonly #resume: ResumeLimits;
  readonly #wires = new Map<string, SessionWire>();
  // Those whose client is away, the one that has been so longest first.
  readonly #away = new Set<SessionWire>();
  // Connections that have not said hello.
  readonly #strangers = new Set<WebSocket>();

  constructor(settings: TrevorSettings, resume: ResumeLimits) {
    this.#settings = settings;
    this.#resume = resume;
  }

  /** How many wait for their clients. */
  get away(): number {
    return this.#away.size;
  }

  /** Waits for the connection's hello. A new session is given to `open` before its client is welcomed. */
  greet(ws: WebSocket, socket: NetSocket, open: (wire: SessionWire) => void): void {
    const late = setTimeout(() => ws.terminate(), this.#settings.closeMs);
    const message = (data: Buffer, binary: boolean): void => {
      if (ws.readyState !== ws.OPEN) return;
      const said = binary ? null : unwrap(data.toString());
      if (said?.tag !== "hello") return ws.close(1002, "hello expected");
      const wire = this.#wireOf(said, open);
      leave();
      if (wire?.attach(ws, socket, said.received)) return;
      ws.send(control({ tag: "lost" }));
      this.greet(ws, socket, open);
    };
    const ignore = (): void => {};
    const leave = (): void => {
      clearTimeout(late);
      this.#strangers.delete(ws);
      ws.off("message", message).off("close", leave).off("error", ignore);
    };
    this.#strangers.add(ws);
    ws.on("message", message).on("close", leave).on("error", ignore);
  }

  /** Closes what has no session yet. */
  drain(): void {
    for (const ws of this.#strangers) ws.close(1001, "going away");
  }

  #wireOf({ session, fresh }: Control & { tag: "hello" }, open: (wire: SessionWire) => void): SessionWire | undefined {
    const known = this.#wires.get(session);
    // New, and known: its welcome was lost.
    if (known !== undefined || !fresh) return known;
    const wire = new SessionWire(this.#settings, this.#resume);
    this.#wires.set(session, wire);
    wire.on("away", () => this.#wait(wire)).on("back", () => this.#away.delete(wire));
    wire.once("close", () => {
      this.#away.delete(wire);
      this.#wires.delete(session);
    });
    open(wire);
    return wire;
  }

  #wait(wire: SessionWire): void {
    this.#away.add(wire);
    if (this.#away.size <= this.#resume.max) return;
    const [longest] = this.#away;
    longest?.terminate("too many away");
  }
}
