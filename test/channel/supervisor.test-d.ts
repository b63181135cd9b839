import type { ChildState, Fiber, Op, SupervisorEvent } from "@good-place/channel";
import { supervisor } from "@good-place/channel";
import { expectTypeOf } from "vitest";

const start = (): number => 1;
const tree = supervisor({ children: [{ name: "a", start, restart: "transient" }] });

// A fiber can be awaited, and so cannot be what awaiting a start gives.
expectTypeOf(tree.start({ name: "b", start })).toEqualTypeOf<Op<ChildState>>();
expectTypeOf<ChildState["fiber"]>().toEqualTypeOf<Fiber<unknown> | null>();
expectTypeOf<Awaited<typeof tree>>().toEqualTypeOf<void>();

export function told(event: SupervisorEvent): unknown {
  if (event.tag === "restarting") return event.delayMs;
  if (event.tag === "ended" && event.status === "error") return event.errors;
  // @ts-expect-error only a restart has a delay
  return event.delayMs;
}

// @ts-expect-error there is no such strategy
void supervisor({ strategy: "one_for_one", children: [] });
// @ts-expect-error a child has a name
void supervisor({ children: [{ start }] });
