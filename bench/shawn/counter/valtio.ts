import { proxy, subscribe } from "valtio/vanilla";

const office = proxy({ count: 0 });
export const seen: number[] = [];
subscribe(office, () => seen.push(office.count), true);
office.count += 1;
office.count += 1;
