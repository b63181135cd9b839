/**
 * A dialog that asks the server. It closes once that is done; what is refused stays typed here, with why; and whoever works
 * by keyboard goes on where the dialog was opened.
 */
import type { Asker } from "./asks.js";
import { element, focusOn, type Place, placeOf } from "./view.js";

export interface Dialog {
  readonly asker: Asker;
  open(title: string): void;
  close(): void;
}

/** The dialog of this id, whose parts are named after its form. */
export function dialog(id: string, form: string, telling: Asker): Dialog {
  const shown = element<HTMLDialogElement>(id);
  const problem = element(`${form}-problem`);
  let place: Place | undefined;
  const close = (): void => shown.close();
  shown.querySelector("button[value=close]")?.addEventListener("click", close);
  shown.addEventListener("close", () => focusOn(place));
  return {
    asker: {
      done(act, about) {
        close();
        telling.done(act, about);
      },
      failed(message) {
        problem.textContent = message;
      },
    },
    open(title) {
      place = placeOf(document.activeElement);
      element(`${id}-title`).textContent = title;
      problem.textContent = "";
      shown.showModal();
    },
    close,
  };
}
