import type { Channel, Fiber } from "@good-place/channel";

/** A clause as data; `at`, `take` and `give` are the numbers of channels. */
export type PlainClause =
  | { readonly take: number }
  | { readonly give: number; readonly value: unknown }
  | { readonly give: number; readonly lazy: unknown }
  | { readonly timeoutMs: number }
  | { readonly otherwise: true }
  | null
  | false;

export type Command = { readonly id: number; readonly aborted?: unknown } & (
  | { readonly do: "give" | "tryGive"; readonly at: number; readonly value: unknown }
  | { readonly do: "take" | "tryTake" | "state"; readonly at: number }
  | { readonly do: "close" | "finish" | "abort"; readonly at: number; readonly reason: unknown }
  | { readonly do: "iterate"; readonly at: number; readonly limit: number }
  | { readonly do: "select"; readonly clauses: readonly PlainClause[]; readonly random: boolean }
  | { readonly do: "made" }
  | { readonly do: "cancel" | "abortSignal"; readonly call: number; readonly reason: unknown }
);

export type Outcome =
  | { readonly value: unknown }
  | { readonly answer: "closed" | "empty" }
  | { readonly error: unknown };

export declare class Operator {
  add(id: number, channel: Channel<unknown>): void;
  begin(command: Command): Fiber<Outcome>;
}

export interface Port {
  onmessage: ((event: { data: never }) => void) | null;
  postMessage(message: unknown): void;
}

export declare function serve(port: Port, operator: Operator): void;
