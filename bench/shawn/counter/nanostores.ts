import { atom } from "nanostores";

const $count = atom(0);
export const seen: number[] = [];
$count.listen((count) => seen.push(count));
$count.set($count.get() + 1);
$count.set($count.get() + 1);
