/**
 * The dialog that asks to which task a stretch belongs in which nobody was at the one that ran.
 */
import type { Asker, Wish } from "./asks.js";
import { dialog } from "./dialog.js";
import { element } from "./view.js";

export interface Mover {
  open(away: string, about: string): void;
}

export function mover(ask: (wish: Wish, asker: Asker) => void, telling: Asker): Mover {
  const { asker, open } = dialog("mover", "move", telling);
  const handle = element<HTMLInputElement>("move-handle");
  let moved = "";
  element("move").addEventListener("submit", (event) => {
    event.preventDefault();
    ask({ name: "away/decide", input: { away: moved, choice: "move", handle: handle.value.trim() } }, asker);
  });
  return {
    open(away, about) {
      moved = away;
      handle.value = "";
      open(about);
      handle.focus();
    },
  };
}
