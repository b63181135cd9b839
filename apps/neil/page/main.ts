/**
 * The page: a store of its own, begun on the server's envelope and fed with the acts that the server has confirmed. What
 * people ask for here goes to the server as an act, and comes back confirmed like everybody's.
 */
import { CLOSED, go, sleep } from "@good-place/channel";
import { type Shawn, shawn } from "@good-place/shawn";
import { connect } from "@good-place/trevor/client";
import { neilActs } from "../src/domain/acts/index.js";
import { startTask, stopTask } from "../src/domain/acts/timer.js";
import { parseHandle } from "../src/domain/handle.js";
import type { Office } from "../src/domain/office.js";
import { revived } from "../src/domain/revived.js";
import { type PageMessage, ServerMessage } from "../src/wire.js";
import { draw, element, tick } from "./view.js";

let office: Shawn<Office> | null = null;

// What was typed stays until the server has confirmed it.
const asked = new Map<string, HTMLFormElement>();

const socket = connect(`${location.origin.replace(/^http/, "ws")}/live`, { schema: ServerMessage });

void go(function* following() {
  for (;;) {
    const message = yield* socket.messages.take();
    if (message === CLOSED) return;
    try {
      follow(message);
    } catch (error) {
      // An act that this page does not know, or one that was missed: what it shows is no longer true.
      console.error(error);
      office = null;
      void socket.close();
      return;
    }
  }
});

void go(function* linking() {
  for (;;) {
    const status = yield* socket.changes.take();
    if (status === CLOSED) return;
    linked(status);
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

// Once a frame, however many acts come in.
let drawing = false;
function drawSoon(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (office !== null) draw(office.envelope, Date.now());
  });
}

// Without the server nothing can be started: what is typed must not be sent an hour later.
function linked(status: typeof socket.status): void {
  const open = status === "open";
  const link = element("link");
  if (status === "closed") link.textContent = "out of step with the server: reload this page";
  else link.textContent = open ? "live" : "no connection; trying again …";
  link.classList.toggle("lost", !open);
  for (const button of document.querySelectorAll("button")) button.disabled = !open;
  if (open || asked.size === 0) return;
  asked.clear();
  problem("The connection was lost before the server answered: it may have been done or not.");
}

function follow(message: ServerMessage): void {
  switch (message.tag) {
    case "envelope": {
      // The first word of every connection: a page that was away begins anew, and misses nothing.
      void office?.dismiss("a new envelope came");
      const begun = shawn<Office>(revived(message.envelope), { acts: neilActs, seq: message.seq });
      begun.subscribe(drawSoon);
      office = begun;
      drawSoon();
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

element<HTMLFormElement>("start").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const { handle, note } = fields(form);
  try {
    const zone = (Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string }).timeZone ?? "UTC";
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
  const interval = office?.envelope.running;
  if (interval) ask(form, stopTask({ interval, note: note.trim(), done: done === "on" }));
});

function ask(form: HTMLFormElement, act: PageMessage["act"]): void {
  // It would be sent whenever the connection is back, perhaps in an hour.
  if (socket.status !== "open") return problem("There is no connection to the server.");
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
