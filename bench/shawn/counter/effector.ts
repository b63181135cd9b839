import { createEvent, createStore } from "effector";

const counted = createEvent();
const $count = createStore(0).on(counted, (count) => count + 1);
export const seen: number[] = [];
$count.updates.watch((count) => seen.push(count));
counted();
counted();
