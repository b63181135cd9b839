import { acts, shawn } from "@good-place/shawn";

const counted = acts<{ count: number }>()("counted").does({
  update(office) {
    office.count += 1;
  },
});
const store = shawn({ count: 0 }, { acts: [counted] });
export const seen: number[] = [];
store.subscribe(({ count }) => seen.push(count));
store.confirm(counted());
store.confirm(counted());
