/**
 * The Redux DevTools as the page meets them: `connect`, and on the other side a monitor that keeps a lifted history and says
 * what its buttons say. Whatever crosses goes through JSON, as it does between a page and an extension.
 */
import type { DevtoolsConnection, DevtoolsExtension } from "@good-place/shawn/devtools";

interface LiftedState {
  actionsById: Record<number, { action: { type: string; payload?: unknown; meta?: unknown } }>;
  nextActionId: number;
  stagedActionIds: number[];
  skippedActionIds: number[];
  committedState: unknown;
  currentStateIndex: number;
  computedStates: { state: unknown; error?: string }[];
}

export class Monitor implements DevtoolsExtension {
  options: { maxAge?: number; name?: string } = {};
  lifted: LiftedState = begun(undefined);
  readonly errors: string[] = [];
  /** How often the page has said something. */
  heard = 0;
  #listeners = new Set<(message: unknown) => void>();

  connect(options: object): DevtoolsConnection {
    this.options = options;
    return {
      init: (state) => {
        this.heard++;
        this.lifted = begun(json(state));
      },
      send: (action, state) => {
        this.heard++;
        if (action === null) this.lifted = json(state) as LiftedState;
        else this.#record(json(action) as { type: string }, json(state));
      },
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      error: (message) => void this.errors.push(message),
    };
  }

  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** The actions that it shows, with their states. */
  get shown(): unknown[] {
    return this.lifted.stagedActionIds.map((id, i) => [
      this.lifted.actionsById[id]?.action.type,
      this.lifted.computedStates[i]?.state,
    ]);
  }

  say(message: unknown): void {
    for (const listener of this.#listeners) listener(message);
  }

  jump(index: number, type: "JUMP_TO_STATE" | "JUMP_TO_ACTION" = "JUMP_TO_STATE"): void {
    this.lifted.currentStateIndex = index;
    const actionId = this.lifted.stagedActionIds[index];
    this.#dispatch({ type, index, actionId }, this.lifted.computedStates[index]?.state);
  }

  commit(): void {
    this.#dispatch({ type: "COMMIT" });
  }

  rollback(): void {
    this.#dispatch({ type: "ROLLBACK" }, this.lifted.committedState);
  }

  reset(): void {
    this.#dispatch({ type: "RESET" });
  }

  /** Toggles the action at the index. */
  toggle(index: number): void {
    this.#dispatch({ type: "TOGGLE_ACTION", id: this.lifted.stagedActionIds[index] }, this.lifted);
  }

  import(nextLiftedState: LiftedState): void {
    this.#dispatch({ type: "IMPORT_STATE", nextLiftedState: json(nextLiftedState) });
  }

  pause(status: boolean): void {
    this.#dispatch({ type: "PAUSE_RECORDING", status });
  }

  type(text: unknown): void {
    this.say({ type: "ACTION", payload: text, source: "@devtools-extension" });
  }

  #dispatch(payload: object, state?: unknown): void {
    this.say({ type: "DISPATCH", payload, state: JSON.stringify(state), id: "1", source: "@devtools-extension" });
  }

  #record(action: { type: string }, state: unknown): void {
    const { lifted } = this;
    const id = lifted.nextActionId++;
    const atEnd = lifted.currentStateIndex === lifted.stagedActionIds.length - 1;
    lifted.actionsById[id] = { action };
    lifted.stagedActionIds.push(id);
    lifted.computedStates.push({ state });
    if (atEnd) lifted.currentStateIndex++;
    if (lifted.stagedActionIds.length <= (this.options.maxAge ?? 50)) return;
    // The oldest is committed.
    const [, gone] = lifted.stagedActionIds.splice(1, 1);
    if (gone !== undefined) delete lifted.actionsById[gone];
    lifted.computedStates.shift();
    lifted.committedState = lifted.computedStates[0]?.state;
    lifted.currentStateIndex = Math.max(0, lifted.currentStateIndex - 1);
  }
}

function begun(state: unknown): LiftedState {
  return {
    actionsById: { 0: { action: { type: "@@INIT" } } },
    nextActionId: 1,
    stagedActionIds: [0],
    skippedActionIds: [],
    committedState: state,
    currentStateIndex: 0,
    computedStates: [{ state }],
  };
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}
