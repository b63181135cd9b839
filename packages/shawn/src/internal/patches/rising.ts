/**
 * The longest rising run of a list of numbers that are all different, as positions in the list; O(n log n).
 */
export function rising(numbers: readonly number[]): Set<number> {
  // ends[k]: the position of the smallest number that a run of k + 1 can end with; before[i]: what comes before i in it.
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [at, number] of numbers.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((numbers[ends[middle] as number] as number) < number) low = middle + 1;
      else high = middle;
    }
    before[at] = ends[low - 1];
    ends[low] = at;
  }
  const run = new Set<number>();
  for (let at = ends[ends.length - 1]; at !== undefined; at = before[at]) run.add(at);
  return run;
}
