/**
 * The page: a store of its own, begun on the server's envelope and fed with the acts that the server has confirmed. What
 * people ask for here goes to the server as an act, and comes back confirmed like everybody's.
 */
import { CLOSED, go, sleep } from "@good-place/channel";
import { type Shawn, shawn } from "@good-place/shawn";
import { connect } from "@good-place/trevor/client";
import { neilActs, startTask, stopTask } from "../src/domain/acts.js";
import { parseHandle } from "../src/domain/handle.js";
import { type Office, revived } from "../src/domain/office.js";
import { type PageMessage, ServerMessage } from "../src/wire.js";
import { draw, element, tick } from "./view.js";

let office: Shawn<Office> | null = null;

const socket = connect(`${location.origin.replace(/^http/, "ws")}/live`, { schema: ServerMessage });

void go(function* following() {
  for (;;) {
    const message = yield* socket.messages.take();
    if (message === CLOSED) return;
    follow(message);
  }
});

void go(function* linking() {
  for (;;) {
    const status = yield* socket.changes.take();
    if (status === CLOSED) return;
    linked(status === "open");
  }
});

void go(function* ticking() {
  for (let second = 1; ; second++) {
    yield* sleep(1000);
    if (office === null) continue;
    // The totals grow without an act too, and a day ends.
    if (second % 60 === 0) draw(office.envelope, Date.now());
    else tick(office.envelope, Date.now());
  }
});

// Without the server nothing can be started: what is typed must not be sent an hour later.
function linked(open: boolean): void {
  const link = element("link");
  link.textContent = open ? "live" : "no connection; trying again …";
  link.classList.toggle("lost", !open);
  for (const button of document.querySelectorAll("button")) button.disabled = !open;
}

function follow(message: ServerMessage): void {
  switch (message.tag) {
    case "envelope": {
      // The first word of every connection: a page that was away begins anew, and misses nothing.
      void office?.dismiss("a new envelope came");
      const begun = shawn<Office>(revived(message.envelope), { acts: neilActs, seq: message.seq });
      begun.subscribe((next) => draw(next, Date.now()));
      office = begun;
      draw(begun.envelope, Date.now());
      break;
    }
    case "acts":
      office?.replay(message.records);
      break;
    case "refused":
      asked.delete(message.id);
      problem(message.message);
      break;
    case "confirmed":
      asked.get(message.id)?.reset();
      asked.delete(message.id);
      problem("");
      break;
  }
}

// What was typed stays until the server has confirmed it.
const asked = new Map<string, HTMLFormElement>();

element<HTMLFormElement>("start").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const { handle, note } = fields(form);
  try {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const named = parseHandle(handle.trim());
    ask(form, startTask({ interval: crypto.randomUUID(), handle: named, note: note.trim(), tags: [], zone }));
  } catch (error) {
    problem((error as Error).message);
  }
});

element<HTMLFormElement>("stop").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const { note, done } = fields(form);
  ask(form, stopTask({ note: note.trim(), done: done === "on" }));
});

function ask(form: HTMLFormElement, act: PageMessage["act"]): void {
  const id = crypto.randomUUID();
  asked.set(id, form);
  void socket.write({ id, act });
}

function fields(form: HTMLFormElement): { handle: string; note: string; done?: string } {
  return Object.fromEntries(new FormData(form)) as { handle: string; note: string; done?: string };
}

function problem(text: string): void {
  element("problem").textContent = text;
  element("handle").setAttribute("aria-invalid", String(text !== ""));
}
