import { makeAutoObservable, reaction } from "mobx";

class Office {
  count = 0;

  constructor() {
    makeAutoObservable(this);
  }

  counted(): void {
    this.count += 1;
  }
}

const office = new Office();
export const seen: number[] = [];
reaction(
  () => office.count,
  (count) => seen.push(count),
);
office.counted();
office.counted();
