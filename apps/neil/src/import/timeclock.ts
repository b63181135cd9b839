/**
 * Timeclock, as hledger and ledger read it: `i DATE TIME ACCOUNT  NOTE  ; tag:, tag:` begins work, `o DATE TIME` ends it.
 * Accounts name the levels with colons; times are of the clock on the wall.
 */
import { clockTime, type Draft, instant, linesOf, type Reading, reading, type Setting, Wrong } from "./read.js";

const ENTRY = /^([ioO])\s+(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})\s+([\d:]+)(?:\s+(.*))?$/;
// None at all: a writer ends a note by it that has a semicolon of its own.
const TAGS = /^(?:[^:,;]+:\s*(?:,\s*|$))*$/;

type Opened = Omit<Draft, "end"> & { readonly where: string };

export function* timeclock(text: string, setting: Setting): Generator<Reading> {
  let open: Opened | undefined;
  for (const { where, line } of linesOf(text)) {
    if (/^\s*(?:[;#*].*)?$/.test(line)) continue;
    const [, letter, year = "", month = "", day = "", time = "", rest = ""] = ENTRY.exec(line) ?? [];
    const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
    const at = (): number => instant(setting, date, clockTime(time));
    if (letter === "i") {
      // Which of the two ends with the next o, only the second can tell.
      if (open !== undefined) {
        const wrong = `the work that it begins has no end: ${where} begins other work`;
        yield { where: open.where, wrong };
      }
      open = undefined;
      const read = reading(where, () => ({ ...opened(rest, setting), start: at(), end: null }));
      if ("wrong" in read) yield read;
      else open = { ...read.draft, where };
    } else if (letter !== undefined && open !== undefined) {
      const { where: from, ...begun } = open;
      open = undefined;
      yield reading(`${from} to ${where.slice(5)}`, () => ({ ...begun, end: at() }));
    } else {
      const expected = "expected: i DATE TIME ACCOUNT  NOTE, or o DATE TIME";
      yield { where, wrong: letter === undefined ? expected : "it ends work that has not begun" };
    }
  }
  if (open !== undefined) {
    const { where, ...begun } = open;
    yield { where, draft: { ...begun, end: null } };
  }
}

// Two spaces part the account from what follows it.
function opened(rest: string, { naming }: Setting): Pick<Draft, "handle" | "note" | "tags"> {
  const [, account = "", text = ""] = /^(.*?)(?:\s{2,}(.*))?$/.exec(rest.trim()) ?? [];
  if (account.startsWith(";")) throw new Wrong("it names no account");
  const at = text.lastIndexOf(";");
  const tags = at < 0 ? "" : text.slice(at + 1).trim();
  const tagged = at >= 0 && TAGS.test(tags);
  return {
    handle: naming.handle(...account.split(":")),
    note: (tagged ? text.slice(0, at) : text).trim(),
    tags: tagged
      ? tags
          .split(",")
          .map((tag) => tag.trim().replace(/:$/, ""))
          .filter(Boolean)
      : [],
  };
}
