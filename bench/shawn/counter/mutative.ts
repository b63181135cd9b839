import { create } from "mutative";

let office = { count: 0 };
export const seen: number[] = [];
function counted(): void {
  office = create(office, (draft) => {
    draft.count += 1;
  });
  seen.push(office.count);
}
counted();
counted();
