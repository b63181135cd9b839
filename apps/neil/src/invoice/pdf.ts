/**
 * An invoice as a PDF of A4 pages. Its font is embedded: letters of Latin, Greek and Cyrillic alphabets look everywhere as
 * they do here, and a text with others is refused. What is longer than a page goes on on the next, below the heading of the table.
 */
import { createRequire } from "node:module";
import PDFDocument from "pdfkit";
import { NeilError } from "../errors.js";
import type { Sheet } from "../invoices-contract.js";
import { type Layout, laidOut } from "./layout.js";

const MARGIN = 50;
const WIDTH = 595.28 - 2 * MARGIN;
const BOTTOM = 841.89 - MARGIN - 20;
const SIZE = 9.5;
const PAD = 4;
const GREY = "#555555";

export async function invoicePdf(sheet: Sheet): Promise<Uint8Array> {
  const layout = laidOut(sheet);
  const require = createRequire(import.meta.url);
  const plain = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");
  const bold = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf");
  const document = new PDFDocument({
    size: "A4",
    margin: MARGIN,
    bufferPages: true,
    lang: "en",
    // The same invoice is the same file.
    info: { Title: layout.title, Author: sheet.sender.name, CreationDate: new Date(`${sheet.issuedOn}T00:00Z`) },
    font: plain,
  });
  const chunks: Uint8Array[] = [];
  document.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => document.on("end", resolve).on("error", reject));
  document.registerFont("plain", plain).registerFont("bold", bold);
  refuseUnknown(document, layout);
  top(document, layout);
  rows(document, layout);
  bottom(document, layout);
  numbers(document, layout);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

// Only the font itself knows, and pdfkit keeps it for itself: without it, nothing is refused.
interface Knowing {
  readonly _font?: { readonly font?: { hasGlyphForCodePoint?(code: number): boolean } };
}

/** Letters that the font has not would be empty boxes. Throws UNWRITABLE. */
function refuseUnknown(document: PDFKit.PDFDocument, { title, stamp, from, to, facts, rows, words }: Layout): void {
  const unknown = new Set<string>();
  for (const font of ["plain", "bold"]) {
    const known = (document.font(font) as Knowing)._font?.font;
    for (const letter of [title, stamp, ...from, ...to, ...facts.flat(), ...rows.flat(), ...words].join("")) {
      if (known?.hasGlyphForCodePoint?.(letter.codePointAt(0) as number) === false) unknown.add(letter);
    }
  }
  if (unknown.size === 0) return;
  const some = [...unknown].slice(0, 10).join(" ");
  throw new NeilError("UNWRITABLE", `the font of the PDF lacks letters: ${some}`, {
    advice: "nothing was written; print it from its page: npx neil invoice html",
  });
}

function top(document: PDFKit.PDFDocument, { title, stamp, from, to, facts }: Layout): void {
  document
    .font("bold")
    .fontSize(18)
    .text(title, { continued: stamp !== "" });
  if (stamp !== "") document.fillColor("#aa0000").fontSize(12).text(`   ${stamp}`).fillColor("black");
  const begin = document.moveDown(1).y;
  const half = WIDTH / 2 - 10;
  const ends = [from, to].map((lines, index) => {
    const x = MARGIN + index * (half + 20);
    document.font("plain").fontSize(8).fillColor(GREY);
    document
      .text(index === 0 ? "From" : "To", x, begin, { width: half })
      .fillColor("black")
      .fontSize(SIZE);
    for (const [at, line] of lines.entries()) document.font(at === 0 ? "bold" : "plain").text(line, { width: half });
    return document.y;
  });
  document.y = Math.max(...ends) + 14;
  for (const [label, value] of facts) {
    const { y } = document;
    document.font("plain").fillColor(GREY).text(label, MARGIN, y, { width: 110 });
    document.fillColor("black").text(value, MARGIN + 120, y, { width: WIDTH - 120 });
  }
  document.y += 14;
}

const NUMBER_WIDTH = 62;
const AMOUNT_WIDTH = 90;

function rows(document: PDFKit.PDFDocument, { head, rows }: Layout): void {
  const last = head.length - 1;
  const text = WIDTH - (last - 1) * NUMBER_WIDTH - AMOUNT_WIDTH;
  const widths = head.map((_, at) => (at === 0 ? text : at === last ? AMOUNT_WIDTH : NUMBER_WIDTH));
  const line = (cells: readonly string[], font: string): void => {
    document.font(font).fontSize(SIZE);
    const height = Math.max(
      ...cells.map((cell, at) => document.heightOfString(cell, { width: (widths[at] ?? 0) - PAD })),
    );
    if (document.y + height + 2 * PAD > BOTTOM) {
      document.addPage();
      if (font === "plain") line(head, "bold");
      document.font(font);
    }
    const y = document.y + PAD;
    let x = MARGIN;
    for (const [at, cell] of cells.entries()) {
      const width = (widths[at] ?? 0) - PAD;
      document.text(cell, at === 0 ? x : x + PAD, y, { width, align: at === 0 ? "left" : "right" });
      x += widths[at] ?? 0;
    }
    document.y = y + height + PAD;
    document.lineWidth(0.5).strokeColor("#bbbbbb");
    document
      .moveTo(MARGIN, document.y)
      .lineTo(MARGIN + WIDTH, document.y)
      .stroke();
  };
  line(head, "bold");
  for (const cells of rows) line(cells, "plain");
}

function bottom(document: PDFKit.PDFDocument, { sums, words }: Layout): void {
  if (document.y + sums.length * 18 + 10 > BOTTOM) document.addPage();
  document.y += 6;
  for (const [at, [label, value]] of sums.entries()) {
    const last = at === sums.length - 1;
    document.font(last ? "bold" : "plain").fontSize(last ? SIZE + 2 : SIZE);
    const y = document.y + 2;
    document.text(label, MARGIN, y, { width: WIDTH - 130, align: "right" });
    document.text(value, MARGIN + WIDTH - 125, y, { width: 125, align: "right" });
  }
  document.font("plain").fontSize(SIZE);
  document.y += 20;
  for (const text of words) {
    if (document.y + document.heightOfString(text, { width: WIDTH }) > BOTTOM) document.addPage();
    document.text(text, MARGIN, document.y, { width: WIDTH }).moveDown(0.5);
  }
}

function numbers(document: PDFKit.PDFDocument, { title }: Layout): void {
  const { start, count } = document.bufferedPageRange();
  for (let page = start; page < start + count && count > 1; page++) {
    document.switchToPage(page);
    document.font("plain").fontSize(8).fillColor(GREY);
    // Above the margin, or it would make a page of its own.
    document.text(`${title}, page ${page + 1} of ${count}`, MARGIN, 841.89 - MARGIN - 12, {
      width: WIDTH,
      align: "right",
    });
  }
}
