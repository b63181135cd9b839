/**
 * What the tests of the hooks have in common: a store, a place to render to, and what React says there.
 */
import { acts, payload, type Shawn, type ShawnOptions, shawn, type Table, table } from "@good-place/shawn";
import { act as acting, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";

export interface Office {
  count: number;
  rows: Table<{ id: number; n: number }>;
}
const act = acts<Office>();
export const counted = act("counted", payload<number>()).does({
  update(office, to) {
    office.count = to;
  },
});
export const refused = act("refused", payload<string>()).does({
  update(_, why) {
    throw new Error(why);
  },
});
export const put = act("put", payload<[id: number, n: number]>()).does({
  update: (office, [id, n]) => office.rows.set({ id, n }),
});
export const removed = act("removed", payload<number>()).does({ update: (office, id) => void office.rows.delete(id) });

export function begun(
  rows: { id: number; n: number }[] = [],
  options: Partial<ShawnOptions<Office>> = {},
): Shawn<Office> {
  return shawn<Office>({ count: 0, rows: table({ rows }) }, { acts: [counted, put, refused, removed], ...options });
}

/** A root in the page. What React logs as an error is in `errors`. */
export interface Stage {
  readonly root: Root;
  readonly element: HTMLElement;
  show(node: ReactNode): Promise<void>;
  text(): string;
}

export function staged(): Stage {
  const element = document.body.appendChild(document.createElement("div"));
  const root = createRoot(element);
  return {
    root,
    element,
    show: (node) => acted(() => root.render(node)),
    text: () => element.textContent ?? "",
  };
}

/** Does something, and waits until React has rendered what comes of it. */
export async function acted(body: () => unknown): Promise<void> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  await acting(async () => void (await body()));
}
