// Neil's rules without Neil: the acts of the time tracker in a store of one's own. Nothing can make intervals overlap, and
// every command leaves a step that takes it back.
import { addInterval, emptyOffice, entries, neilActs, parseHandle, Refused, retraces } from "@good-place/neil/domain";
import { parseMoment, takeStretch } from "@good-place/neil/time";
import { shawn } from "@good-place/shawn";

const here = { now: Date.parse("2026-10-07T12:00:00Z"), zone: "Europe/Prague" };
const office = shawn(emptyOffice(), { acts: neilActs, now: () => here.now });

function add(handle: string, words: string, clash: "refuse" | "trim" = "refuse"): void {
  const { start, end } = takeStretch(words.split(" "), here);
  const id = `${handle} ${words}`;
  const rest = { start, end, note: "", tags: [], zone: here.zone, clash };
  try {
    office.confirm(addInterval({ command: id, interval: id, handle: parseHandle(handle), ...rest }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.log(`${error.code}: ${error.message}`);
  }
}

function show(what: string): void {
  const { at } = parseMoment("yesterday 0:00", here);
  const minutes = [...entries(office.envelope, at, here.now)].map(({ handle, start, end }) => {
    return `${handle} ${((end ?? here.now) - start) / 60_000}`;
  });
  console.log(what.padEnd(8), minutes.join(", ") || "-");
}

add("acme/site/header", "yesterday 9:00-11:00");
add("int/mail/inbox", "yesterday 10:30-11:30");
show("refused");
add("int/mail/inbox", "yesterday 10:30-11:15", "trim");
show("trimmed");
office.confirm(...retraces(office.envelope, "back", "undo-1"));
show("undone");
await office.dismiss();
