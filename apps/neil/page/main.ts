/**
 * The page: a store of its own, which holds what is shown and is told by the server what is another. What people ask for
 * here goes to the server as on the command line, and comes back confirmed like everybody's.
 */
import { CLOSED, go, sleep } from "@good-place/channel";
import { type Shawn, shawn } from "@good-place/shawn";
import { connect } from "@good-place/trevor/client";
import { handleOf, handleText } from "../src/domain/handle.js";
import type { Interval } from "../src/domain/office.js";
import { emptyPage, type PageOffice, told as toldAct } from "../src/domain/shown.js";
import { ServerMessage } from "../src/wire.js";
import { noteAndTags } from "../src/words.js";
import { type Asker, Asks, type Wish } from "./asks.js";
import { type Editor, editor } from "./editor.js";
import { keyGiven, pageKey } from "./key.js";
import { mover } from "./mover.js";
import { draw, element, tick } from "./view.js";

let office: Shawn<PageOffice> | null = null;
let dayStart = 0;
const asks = new Asks();
const key = pageKey();
const zone = (Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string }).timeZone ?? "UTC";
const socket = connect(`${location.origin.replace(/^http/, "ws")}/live?key=${key ?? ""}`, {
  schema: ServerMessage,
});

void go(function* following() {
  for (;;) {
    const message = yield* socket.messages.take();
    if (message === CLOSED) return;
    try {
      follow(message);
    } catch (error) {
      // News that this page does not understand: what it shows is no longer true.
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
  for (let drawn = 0; ; ) {
    yield* sleep(1000);
    if (office === null) continue;
    // The totals grow without an act too, and a day ends. A page in the background, or asleep, is not awake every second.
    const minute = Math.floor(Date.now() / 60_000);
    if (minute !== drawn) redraw();
    else tick(office.envelope, Date.now(), dayStart);
    drawn = minute;
  }
});

function redraw(): void {
  if (office !== null) draw(office.envelope, Date.now(), dayStart);
}

// Once a frame, however many acts come in.
let drawing = false;
function drawSoon(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    redraw();
  });
}

function linked(status: typeof socket.status): void {
  element("link").classList.toggle("lost", status !== "open");
  if (status === "open") link("live");
  else asks.lost();
  if (status === "closed") link("out of step with the server: reload this page");
  if (status === "waiting") void unlinked();
}

// A browser does not say why it got no WebSocket: where the server answers, it does not take the key.
async function unlinked(): Promise<void> {
  const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" }).catch(() => undefined);
  if (socket.status === "open" || socket.status === "closed") return;
  link(answer?.ok ? "not let in; open the page by: npx neil web" : "no connection; trying again …");
}

// What has not changed is not said again.
function link(text: string): void {
  if (element("link").textContent !== text) element("link").textContent = text;
}

function follow(message: ServerMessage): void {
  switch (message.tag) {
    case "page": {
      // The first word of every connection: a page that was away begins anew, and misses nothing.
      void office?.dismiss("it begins anew");
      const begun = shawn(emptyPage(), { acts: [toldAct] });
      begun.confirm(toldAct(message.news));
      begun.subscribe(drawSoon);
      office = begun;
      dayStart = message.dayStart;
      drawSoon();
      break;
    }
    case "news":
      office?.confirm(toldAct(message.news));
      break;
    case "confirmed":
      asks.done(message.command, message.act, message.about);
      break;
    case "refused":
      asks.refused(message.command, message.message, message.code);
      break;
  }
}

function ask(wish: Wish, asker: Asker): void {
  // It would be sent whenever the connection is back, perhaps in an hour.
  if (socket.status !== "open") return asker.failed("There is no connection to the server.");
  void socket.write(asks.message(wish, asker));
}

/** What every ask ends in: what was typed stays until the server has confirmed it, and what was done can be taken back. */
function telling(form?: HTMLFormElement): Asker {
  return {
    done(act, about) {
      form?.reset();
      problem("");
      told(act, about);
    },
    failed(message, code) {
      problem(message);
      // A new name that is nearly another is asked about.
      element("create").hidden = code !== "NEAR_NAME" && code !== "AMBIGUOUS";
    },
  };
}

const SAID: Readonly<Record<string, string>> = {
  "task/start": "started",
  "task/switch": "switched to",
  "task/stop": "stopped",
  "interval/edit": "changed",
  "interval/remove": "removed",
  "away/decide": "decided:",
};

function told(act: string, about: string): void {
  element("create").hidden = true;
  element("told").textContent = `${SAID[act] ?? act} ${about}`;
  element("undo").hidden = false;
}

function problem(text: string): void {
  element("problem").textContent = text;
  if (text === "") return;
  element("told").textContent = "";
  // What was refused may be in a row far below.
  element("problem").scrollIntoView({ block: "nearest" });
  element("handle").setAttribute("aria-invalid", String(text !== ""));
}

function fields(form: HTMLFormElement): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(new FormData(form)) as Record<string, string>;
}

function submitted(id: string, send: (form: HTMLFormElement) => void): void {
  element(id).addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.currentTarget as HTMLFormElement);
  });
}

submitted("start", (form) => {
  const { handle = "", note = "", create } = fields(form);
  begin(handle.trim(), noteAndTags(note.split(/\s+/).filter(Boolean)), create === "on", telling(form));
});

// Started, or switched to where something runs.
function begin(handle: string, words: { note: string; tags: string[] }, create: boolean, asker: Asker): void {
  const input = { handle, create, ...words, zone };
  if (!office?.envelope.running) ask({ name: "task/start", input }, asker);
  else ask({ name: "task/switch", input: { ...input, stop: { note: "", done: false } } }, asker);
}

submitted("stop", (form) => {
  const { note = "", done } = fields(form);
  ask({ name: "task/stop", input: { note: note.trim(), done: done === "on" } }, telling(form));
});

element("undo").addEventListener("click", () => {
  ask(
    { name: "step/undo", input: {} },
    {
      ...telling(),
      done(act, about) {
        problem("");
        element("told").textContent = `taken back: ${SAID[act] ?? act} ${about}`;
      },
    },
  );
});

keyGiven(() => location.reload());

const edits: Editor = editor(ask, telling());
const moves = mover(ask, telling());

// The rows come and go: whoever clicks in them is known by what the row says.
document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("button[data-do]");
  const { do: what, id = "" } = button?.dataset ?? {};
  const interval: Interval | undefined = office?.envelope.intervals.get(id);
  if (what === "edit" && interval !== undefined && office !== null) edits.open(office.envelope, interval);
  if (what === "again" && interval !== undefined && office !== null) {
    const { tags, task } = interval;
    begin(handleText(handleOf(office.envelope, task)), { note: "", tags: [...tags] }, true, telling());
  }
  if (what === "move") {
    moves.open(id, button?.closest("li")?.firstElementChild?.textContent ?? "");
  }
  if (what === "keep" || what === "cut" || what === "go-on") {
    ask({ name: "away/decide", input: { away: id, choice: what } }, telling());
  }
});
