/**
 * One line that is typed: pure steps from key to key. The caret counts characters.
 */
import { plainLine } from "../domain/plain-line.js";
import type { Key } from "./screen/keys.js";

/** What is done with the line: `HERE` in the arguments of a command stands for it. */
export type Purpose =
  | { readonly tag: "filter" }
  | { readonly tag: "command" }
  /** A command that was there to be changed: options that are what they were are left out. */
  | { readonly tag: "edit"; readonly given: string }
  | { readonly tag: "run"; readonly args: readonly string[]; readonly empty?: string };

export const HERE = "\0";

export interface Input {
  readonly label: string;
  readonly text: string;
  readonly caret: number;
  readonly purpose: Purpose;
}

export function input(label: string, text: string, purpose: Purpose): Input {
  return { label, text, caret: [...text].length, purpose };
}

/** The line after a key; the same one where the key means nothing to it. */
export function edited(line: Input, key: Key): Input {
  const chars = [...line.text];
  const { caret } = line;
  const put = (text: string): Input => changed(line, chars.toSpliced(caret, 0, ...text), caret + [...text].length);
  switch (key.name) {
    case "text":
      return put(key.text);
    case "paste":
      return put(plainLine(key.text.trimEnd()));
    case "left":
      return { ...line, caret: Math.max(0, caret - 1) };
    case "right":
      return { ...line, caret: Math.min(chars.length, caret + 1) };
    case "home":
    case "ctrl-a":
      return { ...line, caret: 0 };
    case "end":
    case "ctrl-e":
      return { ...line, caret: chars.length };
    case "backspace":
      return caret === 0 ? line : changed(line, chars.toSpliced(caret - 1, 1), caret - 1);
    case "delete":
      return changed(line, chars.toSpliced(caret, 1), caret);
    case "ctrl-u":
      return changed(line, chars.slice(caret), 0);
    case "ctrl-k":
      return changed(line, chars.slice(0, caret), caret);
    case "ctrl-w": {
      const from = chars.slice(0, caret).join("").trimEnd().lastIndexOf(" ") + 1;
      const kept = [...chars.slice(0, caret).join("").slice(0, from)];
      return changed(line, [...kept, ...chars.slice(caret)], kept.length);
    }
    default:
      return line;
  }
}

function changed(line: Input, chars: readonly string[], caret: number): Input {
  return { ...line, text: chars.join(""), caret };
}

/** The words of a command line: those in double quotes are one, and a backslash in them takes a quote as it is. */
export function wordsOf(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|\S)+/g) ?? [];
  const plain = words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replace(/\\(.)/g, "$1")),
  );
  const at = plain[0] === "npx" && plain[1] === "neil" ? 2 : plain[0] === "neil" ? 1 : 0;
  return plain.slice(at);
}

/** A word as `wordsOf` reads it back. */
export function quoted(word: string): string {
  return /^[^\s"\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
}

/** The words without the options, `--name value`, that stand in `given` as they are. */
export function withoutSame(words: readonly string[], given: readonly string[]): string[] {
  const same = (at: number): boolean => {
    const place = words[at]?.startsWith("--") ? given.indexOf(words[at] ?? "") : -1;
    return place >= 0 && given[place + 1] === words[at + 1];
  };
  return words.filter((_, at) => !same(at) && !same(at - 1));
}
