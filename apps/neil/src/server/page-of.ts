/**
 * Pages of rows, as many as an answer may have and a message can hold. Whoever wants all of them asks until a page is empty.
 */
const PAGE_BYTES = 2 ** 22;
// What stands in a row beside what people have written.
const ROW_BYTES = 500;

interface Written {
  readonly note: string;
  readonly tags?: readonly string[];
}

/** The first of the rows, one at least where there is one. */
export function pageOf<Row extends Written>(rows: Iterable<Row>, most: number): Row[] {
  const page: Row[] = [];
  let left = PAGE_BYTES;
  for (const row of rows) {
    left -= bytesOf(row);
    if (left < 0 && page.length > 0) break;
    page.push(row);
    if (page.length === most) break;
  }
  return page;
}

// At most three bytes for each unit of a text.
function bytesOf({ note, tags = [] }: Written): number {
  return ROW_BYTES + 3 * tags.reduce((sum, tag) => sum + tag.length, note.length);
}
