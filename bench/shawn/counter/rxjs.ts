import { Subject, scan } from "rxjs";

const actions = new Subject<"counted">();
export const seen: number[] = [];
actions.pipe(scan((count) => count + 1, 0)).subscribe((count) => seen.push(count));
actions.next("counted");
actions.next("counted");
