/**
 * Hands out a whole number in parts: what is rounded once is shared among what it was made of, and nothing is lost or made
 * up. All sums of reports rest on this, so that every grouping gives the same total.
 */

/**
 * Splits `total` in proportion to `weights`: whole numbers whose sum is `total`, each less than 1 away from its share.
 * Where all weights are 0 the last one gets it all.
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  let seen = 0n;
  let given = 0;
  return weights.map((weight, index) => {
    seen += BigInt(weight);
    // To the nearest: what is a whole number already stays one.
    const upTo =
      sum === 0n ? (index === weights.length - 1 ? total : 0) : Number((2n * BigInt(total) * seen + sum) / (2n * sum));
    const part = upTo - given;
    given = upTo;
    return part;
  });
}
