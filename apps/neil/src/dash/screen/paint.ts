/**
 * What has to be written to a terminal so that it shows a frame: of each row that differs from the frame before, the cells
 * from the first that does to the last. One write is one update, also for the eye (synchronized output).
 */
import type { Frame } from "./frame.js";

export interface PaintOptions {
  /** False for a terminal, or a person, that wants none: what is bold or reversed stays so. */
  readonly colour: boolean;
}

const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";

/**
 * Gives what turns a screen that shows `before` into one that shows `after`; without a frame before it, or one of another
 * size, everything is written. Empty where there is nothing to do.
 */
export function paint(before: Frame | null, after: Frame, { colour }: PaintOptions): string {
  const same = before !== null && before.width === after.width && before.height === after.height;
  let text = same ? "" : "\x1b[0m\x1b[2J";
  for (let y = 0; y < after.height; y++) {
    const span = same ? differing(before, after, y) : { from: 0, to: after.width };
    if (span !== null) text += row(after, y, span, colour);
  }
  const caret = caretText(after);
  if (text === "" && same && caretText(before) === caret) return "";
  return `${BEGIN}${text}${caret}${END}`;
}

interface Stretch {
  from: number;
  to: number;
}

function differing(before: Frame, after: Frame, y: number): Stretch | null {
  const differs = (x: number): boolean =>
    before.chars[y]?.[x] !== after.chars[y]?.[x] || before.styles[y]?.[x] !== after.styles[y]?.[x];
  let from = 0;
  while (from < after.width && !differs(from)) from++;
  if (from === after.width) return null;
  let to = after.width;
  while (!differs(to - 1)) to--;
  // No wide character is begun or ended in its middle, neither the old one nor the new one.
  const inside = (x: number): boolean => before.chars[y]?.[x] === "" || after.chars[y]?.[x] === "";
  while (from > 0 && inside(from)) from--;
  // Nor is anything beside a character left alone that a terminal might take for wider.
  while (to < after.width && (inside(to) || !isSure(after.chars[y]?.[to - 1]))) to++;
  return { from, to };
}

function row(frame: Frame, y: number, { from, to }: Stretch, colour: boolean): string {
  let text = move(from, y);
  let style = 0;
  // A terminal may take another number of columns for what is beyond ASCII: what follows is put in its place again.
  let sure = true;
  for (let x = from; x < to; x++) {
    const char = frame.chars[y]?.[x] ?? " ";
    if (char === "") continue;
    if (!sure) text += move(x, y);
    const wanted = frame.styles[y]?.[x] ?? 0;
    if (wanted !== style) text += sgr(wanted, colour);
    style = wanted;
    sure = isSure(char);
    // One that takes it for narrower would show what stood behind it.
    if (!sure && frame.chars[y]?.[x + 1] === "") text += `  ${move(x, y)}`;
    text += char;
  }
  return style === 0 ? text : `${text}\x1b[0m`;
}

// ASCII, and the lines and blocks that everything here is drawn with.
function isSure(char = " "): boolean {
  const code = char.charCodeAt(0);
  return char.length === 1 && (code < 0x7f || (code >= 0x2500 && code < 0x25a0));
}

function move(x: number, y: number): string {
  return `\x1b[${y + 1};${x + 1}H`;
}

function caretText({ caret }: Frame): string {
  return caret === null ? "\x1b[?25l" : `${move(caret.x, caret.y)}\x1b[?25h`;
}

function sgr(style: number, colour: boolean): string {
  const codes = [0];
  if (style & 8) codes.push(1);
  if (style & 16) codes.push(2);
  if (style & 32) codes.push(7);
  if (colour && style & 7) codes.push(30 + (style & 7));
  return `\x1b[${codes.join(";")}m`;
}
