/**
 * Times, bars and tables in the terminal.
 */
import stringWidth from "string-width";

/** "1:02", hours and minutes; half a minute counts as one. */
export function timeText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of so many eighths of blocks, `width` characters for the whole. Whatever is not nothing can be seen. */
export function bar(part: number, whole: number, width: number): string {
  if (part <= 0 || whole <= 0) return "";
  const eighths = Math.max(1, Math.round((Math.min(part, whole) / whole) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

/** A column of a table: its heading, and on which side its cells stand. */
export interface Column {
  readonly head: string;
  readonly side: "left" | "right";
}

/** Rows under their headings; the last row stands apart where it is a sum. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { sum = true }: { readonly sum?: boolean } = {},
): string {
  const widths = columns.map(({ head }, index) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[index] ?? "")), stringWidth(head)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ side }, index) => {
        const cell = cells[index] ?? "";
        const space = " ".repeat((widths[index] ?? 0) - stringWidth(cell));
        return side === "left" ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd();
  const rule = "-".repeat(widths.reduce((all, width) => all + width + 2, -2));
  const lines = [columns.map(({ head }) => head), ...rows].map(line);
  return (sum ? lines.toSpliced(-1, 0, rule) : lines).join("\n");
}
