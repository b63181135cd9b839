import { cellsOf, Frame, type Key, keyDecoder, type Line, paint, STYLE } from "@good-place/neil/screen";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const ESC = "\x1b";
const size = { width: 24, height: 5 };
type Screen = InstanceType<typeof xterm.Terminal>;

function screenOf(): Screen {
  return new xterm.Terminal({ cols: size.width, rows: size.height, allowProposedApi: true });
}

function shown(screen: Screen, text: string): Promise<void> {
  return new Promise((resolve) => screen.write(text, resolve));
}

// Every cell as the terminal has it: its character, its width, how it looks.
function cells(screen: Screen): string[] {
  return Array.from({ length: size.height }, (_, y) => {
    const line = screen.buffer.active.getLine(y);
    return Array.from({ length: size.width }, (_, x) => {
      const cell = line?.getCell(x);
      const looks = [cell?.isBold(), cell?.isDim(), cell?.isInverse(), cell?.getFgColor()].map(Number).join(",");
      return `${cell?.getChars() || " "}|${cell?.getWidth()}|${looks}`;
    }).join(" ");
  });
}

const style = fc.constantFrom(...Object.values(STYLE), STYLE.red | STYLE.bold, STYLE.green | STYLE.reverse);
// What is one column wide, two, none, or joins what is beside it; and what would steer a terminal.
const piece = fc.constantFrom(
  ..."ab \u00e9~─█漢字한😀",
  ...["e\u0301", "👨‍👩‍👧", "❤️", "👍🏽", `${ESC}[2J`, `${ESC}]0;t\x07`, "\x9b3A", "\r\n", "\t", "\u202e", "\u200d"],
);
const write = fc.record({
  x: fc.integer({ min: -3, max: size.width }),
  y: fc.integer({ min: -1, max: size.height }),
  width: fc.integer({ min: 0, max: size.width + 5 }),
  line: fc.array(
    fc.tuple(
      fc.array(piece, { maxLength: 8 }).map((all) => all.join("")),
      style,
    ),
    { maxLength: 3 },
  ),
  clear: fc.boolean(),
});
const drawing = fc.array(write, { maxLength: 8 });

function frameOf(writes: readonly { x: number; y: number; width: number; line: Line; clear: boolean }[]): Frame {
  const frame = new Frame(size.width, size.height);
  for (const { line, clear, ...room } of writes) {
    if (clear) frame.clear(room, STYLE.reverse);
    frame.write(room, line);
  }
  return frame;
}

describe("a screen", () => {
  test("that was changed from frame to frame is what it would be if the last one were written whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(drawing, { minLength: 2, maxLength: 5 }), async (drawings) => {
        const [step, whole] = [screenOf(), screenOf()];
        let before: Frame | null = null;
        for (const frame of drawings.map(frameOf)) {
          await shown(step, paint(before, frame, { colour: true }));
          before = frame;
        }
        await shown(whole, paint(null, before as unknown as Frame, { colour: true }));
        expect(cells(step)).toEqual(cells(whole));
      }),
      { numRuns: 300 },
    );
  });

  test("shows every cell of its frame where it is in the frame", async () => {
    await fc.assert(
      fc.asyncProperty(drawing, async (writes) => {
        const screen = screenOf();
        const frame = frameOf(writes);
        await shown(screen, paint(null, frame, { colour: true }));
        const seen = Array.from({ length: size.height }, (_, y) =>
          Array.from({ length: size.width }, (_, x) => screen.buffer.active.getLine(y)?.getCell(x)?.getChars() ?? ""),
        );
        const empty = (chars: readonly string[]): string[] => chars.map((char) => (char === " " ? "" : char));
        expect(seen.map(empty)).toEqual(frame.chars.map(empty));
      }),
      { numRuns: 300 },
    );
  });

  test("is written nothing where nothing has changed, and only the row that has", async () => {
    const [before, same, other] = [frameOf([]), frameOf([]), frameOf([])];
    expect(paint(before, same, { colour: true })).toBe("");
    other.write({ x: 3, y: 2, width: 10 }, ["x"]);
    expect(paint(before, other, { colour: true })).toBe(`${ESC}[?2026h${ESC}[3;4Hx${ESC}[?25l${ESC}[?2026l`);
  });

  test("is steered by no text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        const frame = new Frame(size.width, size.height);
        frame.write({ x: 0, y: 1, width: size.width }, [text]);
        const chars = frame.chars.flat().join("");
        expect(chars).not.toMatch(/[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/u);
        expect(cellsOf(text)).toBeGreaterThanOrEqual(0);
        expect(frame.chars[0]?.join("").trim()).toBe("");
      }),
    );
  });
});

describe("keys", () => {
  const sequences: readonly [string, Key["name"]][] = [
    [`${ESC}[A`, "up"],
    [`${ESC}OB`, "down"],
    [`${ESC}[1;5C`, "right"],
    [`${ESC}[D`, "left"],
    [`${ESC}[H`, "home"],
    [`${ESC}[4~`, "end"],
    [`${ESC}[5~`, "pageup"],
    [`${ESC}[6~`, "pagedown"],
    [`${ESC}[3~`, "delete"],
    [`${ESC}[Z`, "backtab"],
    ["\r", "enter"],
    ["\t", "tab"],
    ["\x7f", "backspace"],
    ["\x03", "ctrl-c"],
    ["é", "text"],
    ["😀", "text"],
    [`${ESC}[200~q${ESC}[A\r${ESC}[201~`, "paste"],
  ];

  test("are the same however their bytes come apart", () => {
    const cuts = fc.array(fc.nat(200), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sequences), { maxLength: 12 }), cuts, (wanted, cuts) => {
        // A terminal's bytes are characters before they come here.
        const chars = [...wanted.map(([sequence]) => sequence).join("")];
        const decoder = keyDecoder();
        const borders = [0, ...cuts.map((cut) => cut % (chars.length + 1)).sort((a, b) => a - b), chars.length];
        const keys = borders.flatMap((from, at) => decoder.feed(chars.slice(from, borders[at + 1] ?? from).join("")));
        expect(keys.map(({ name }) => name)).toEqual(wanted.map(([, name]) => name));
        expect(decoder.pending).toBe(false);
      }),
    );
  });

  test("Escape is one when nothing follows, and what is no key is passed over", () => {
    const decoder = keyDecoder();
    expect(decoder.feed(ESC)).toEqual([]);
    expect(decoder.pending).toBe(true);
    expect(decoder.late()).toEqual([{ name: "escape" }]);
    expect(decoder.feed(`${ESC}x${ESC}[?62;4c${ESC}]11;rgb:0/0/0\x07${ESC}P1$r0m${ESC}\\a`)).toEqual([
      { name: "text", text: "a" },
    ]);
    expect(decoder.feed(`${ESC}[12`)).toEqual([]);
    expect(decoder.late()).toEqual([]);
    expect(decoder.feed("b")).toEqual([{ name: "text", text: "b" }]);
  });

  test("what is pasted is one key, whatever stands in it", () => {
    const decoder = keyDecoder();
    expect(decoder.feed(`${ESC}[200~rm @1\r${ESC}[A${ESC}[201`)).toEqual([]);
    expect(decoder.late()).toEqual([]);
    expect(decoder.feed("~q")).toEqual([
      { name: "paste", text: `rm @1\r${ESC}[A` },
      { name: "text", text: "q" },
    ]);
  });
});
