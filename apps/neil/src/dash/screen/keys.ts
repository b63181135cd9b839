/**
 * Keys from what a terminal sends. A sequence may come in pieces, so what is begun is kept until the rest is there; only
 * time can tell the Escape key from the beginning of a sequence, so `late` is called when nothing has come for a while.
 */

export type Key =
  | { readonly name: "text"; readonly text: string }
  /** What was pasted, which is no command whatever it says. */
  | { readonly name: "paste"; readonly text: string }
  | { readonly name: KeyName };

export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "pageup"
  | "pagedown"
  | "delete"
  | "backspace"
  | "enter"
  | "tab"
  | "backtab"
  | "escape"
  | `ctrl-${string}`;

export interface KeyDecoder {
  /** The keys that these characters end; whatever is no key is passed over. */
  feed(text: string): Key[];
  /** Nothing came for a while: a lone Escape is a key. */
  late(): Key[];
  /** True while something is begun. */
  readonly pending: boolean;
}

const CSI: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  Z: "backtab",
  "1~": "home",
  "3~": "delete",
  "4~": "end",
  "5~": "pageup",
  "6~": "pagedown",
  "7~": "home",
  "8~": "end",
};
const CONTROLS: Readonly<Record<string, KeyName>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x7f": "backspace",
  "\b": "backspace",
};
const ESC = "\x1b";
const BELL = "\x07";
const SEQUENCE = new RegExp(`^${ESC}(?:\\[([0-?]*)[ -/]*([@-~])|O([A-Za-z]))`);
// What a terminal answers to somebody's question ends with a bell or a string terminator.
const STRING = `[\\]P_^X][^${BELL}${ESC}]*`;
const ANSWER = new RegExp(`^${ESC}${STRING}(?:${BELL}|${ESC}\\\\)`);
const BEGUN = new RegExp(`^${ESC}(?:$|O$|\\[[0-?]*[ -/]*$|${STRING}${ESC}?$)`);
const PASTE_END = "\x1b[201~";
const PASTE_MOST = 100_000;
const SEQUENCE_MOST = 256;

export function keyDecoder(): KeyDecoder {
  let rest = "";
  let pasted: string | null = null;

  function next(keys: Key[]): boolean {
    if (pasted !== null) return paste(keys);
    if (rest === "") return false;
    if (rest[0] !== "\x1b") return plain(keys);
    const [sequence, body = "", final = ""] = SEQUENCE.exec(rest) ?? [];
    if (sequence !== undefined) {
      rest = rest.slice(sequence.length);
      if (body === "200" && final === "~") pasted = "";
      else {
        const letter = final || sequence.slice(-1);
        // "1;5A" is an arrow with a key held down.
        const name = CSI[letter === "~" ? `${body.split(";")[0]}~` : letter];
        if (name !== undefined) keys.push({ name });
      }
      return true;
    }
    const [answer] = ANSWER.exec(rest) ?? [];
    const begun = BEGUN.test(rest);
    if (answer === undefined && begun && rest.length < SEQUENCE_MOST) return false;
    // With Alt, or what no terminal sends: the key behind it is not meant.
    rest = answer === undefined ? rest.slice(rest[1] === "\x1b" ? 1 : 2) : rest.slice(answer.length);
    return true;
  }

  function plain(keys: Key[]): boolean {
    const [text = ""] = /^\P{Cc}+/u.exec(rest) ?? [];
    if (text !== "") {
      for (const char of text) keys.push({ name: "text", text: char });
      rest = rest.slice(text.length);
      return true;
    }
    const control = rest[0] as string;
    rest = rest.slice(1);
    const name = CONTROLS[control];
    const code = control.charCodeAt(0);
    if (name !== undefined) keys.push({ name });
    else if (code >= 1 && code <= 26) keys.push({ name: `ctrl-${String.fromCharCode(code + 96)}` });
    return true;
  }

  function paste(keys: Key[]): boolean {
    const end = rest.indexOf(PASTE_END);
    // The end may have come in part.
    const taken = end >= 0 ? end : Math.max(0, rest.length - PASTE_END.length + 1);
    pasted = (pasted ?? "").concat(rest.slice(0, taken)).slice(0, PASTE_MOST);
    rest = rest.slice(taken);
    if (end < 0) return false;
    rest = rest.slice(PASTE_END.length);
    keys.push({ name: "paste", text: pasted });
    pasted = null;
    return true;
  }

  return {
    feed(text) {
      rest += text;
      const keys: Key[] = [];
      while (next(keys));
      return keys;
    },
    late() {
      // What is pasted may take as long as it likes.
      if (rest === "" || pasted !== null) return [];
      const alone = rest === "\x1b";
      rest = "";
      return alone ? [{ name: "escape" }] : [];
    },
    get pending() {
      return rest !== "" && pasted === null;
    },
  };
}
