/**
 * What a screen is to look like: rows of cells, each a character and a style. Text is written at a place and cut where its
 * room ends. A character that is two columns wide has an empty cell behind it, and is never written half.
 * Invariant: whatever the text, a cell holds nothing that steers a terminal.
 */
import stringWidth from "string-width";
import { plainLine } from "../../domain/plain-line.js";

/** A colour, of which there is one at most, and what comes on top of it. */
export const STYLE = {
  plain: 0,
  red: 1,
  green: 2,
  yellow: 3,
  blue: 4,
  magenta: 5,
  cyan: 6,
  bold: 8,
  dim: 16,
  reverse: 32,
} as const;

/** A piece of a line in a style. */
export type Span = string | readonly [text: string, style: number];
export type Line = readonly Span[];

/** A place, and how many cells it has from there on. */
export interface Room {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export class Frame {
  readonly width: number;
  readonly height: number;
  /** By rows. An empty string is the second half of the character before it. */
  readonly chars: string[][];
  readonly styles: number[][];
  /** Where somebody types. */
  caret: { readonly x: number; readonly y: number } | null = null;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.chars = Array.from({ length: height }, () => new Array<string>(width).fill(" "));
    this.styles = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  }

  /** Writes a line into a room; what lies outside the frame or the room is left out. Gives the cells that it took. */
  write({ x, y, width }: Room, line: Line, over = 0): number {
    const end = Math.min(this.width, x + width);
    let at = x;
    for (const span of line) {
      const [text, style] = typeof span === "string" ? [span, 0] : span;
      for (const glyph of glyphs(text)) {
        if (at + glyph.width > end) return at - x;
        this.#put(at, y, glyph, style | over);
        at += glyph.width;
      }
    }
    return at - x;
  }

  /** Fills a room with one style, and with nothing else. */
  clear({ x, y, width }: Room, style = 0): void {
    for (let at = x; at < x + width; at++) this.#put(at, y, BLANK, style);
  }

  #put(x: number, y: number, { char, width }: Glyph, style: number): void {
    const [chars, styles] = [this.chars[y], this.styles[y]];
    if (chars === undefined || styles === undefined || x < 0 || x + width > this.width) return;
    // Half of what stood here before would be left.
    if (chars[x] === "" && x > 0) chars[x - 1] = " ";
    if (chars[x + width] === "") chars[x + width] = " ";
    chars[x] = char;
    styles[x] = style;
    if (width === 2) {
      chars[x + 1] = "";
      styles[x + 1] = style;
    }
  }
}

interface Glyph {
  readonly char: string;
  readonly width: number;
}

const BLANK: Glyph = { char: " ", width: 1 };
const MARK = /^[\p{Mn}\p{Me}]$/u;
// What joins or tints the characters beside it: terminals disagree about the width of what comes of that.
const JOINER = /^[\p{Cf}\p{Emoji_Modifier}\p{Variation_Selector}]$/u;
const MARKS_MOST = 8;
const known = new Map<number, number>();

/** The characters of a text as cells hold them, made plain. */
function glyphs(text: string): readonly Glyph[] {
  const found: { char: string; width: number }[] = [];
  for (const char of plainLine(text.normalize("NFC"))) {
    const code = char.codePointAt(0) as number;
    const last = found[found.length - 1];
    if (code < 0x7f || (code >= 0x2500 && code < 0x25a0)) found.push({ char, width: 1 });
    else if (JOINER.test(char)) continue;
    else if (!MARK.test(char)) {
      const width = widthOf(char, code);
      if (width > 0) found.push({ char, width });
    } else if (last !== undefined && last.char.length < MARKS_MOST) last.char += char;
  }
  return found;
}

function widthOf(char: string, code: number): number {
  const width = known.get(code) ?? Math.min(2, stringWidth(char));
  if (known.size < 10_000) known.set(code, width);
  return width;
}

/** How many cells a text takes. */
export function cellsOf(text: string): number {
  return glyphs(text).reduce((sum, { width }) => sum + width, 0);
}

/** How many cells a line takes. */
export function lineCells(line: Line): number {
  return line.reduce((sum, span) => sum + cellsOf(typeof span === "string" ? span : span[0]), 0);
}
