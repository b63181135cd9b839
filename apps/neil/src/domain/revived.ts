/**
 * The office that a snapshot was taken of: what is derived is made again by writing the rows.
 */
import { acts, payload, shawn } from "@good-place/shawn";
import { Change } from "./change.js";
import { emptyOffice, type Office, type OfficeSnapshot, type Row, TABLES } from "./office.js";

const filled = acts<Office>()("office/filled", payload<OfficeSnapshot>()).does({
  update(office, snapshot, meta) {
    const it = new Change(office, meta);
    for (const table of TABLES) for (const row of snapshot[table]) it.restore(table, row as never);
  },
});

export function revived(snapshot: OfficeSnapshot): Office {
  const rows = JSON.parse(JSON.stringify(snapshot)) as Record<string, Row[]>;
  return shawn(emptyOffice(), { acts: [filled] }).reduce(emptyOffice(), filled(rows as unknown as OfficeSnapshot));
}
