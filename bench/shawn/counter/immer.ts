import { produce } from "immer";

let office = { count: 0 };
export const seen: number[] = [];
function counted(): void {
  office = produce(office, (draft) => {
    draft.count += 1;
  });
  seen.push(office.count);
}
counted();
counted();
