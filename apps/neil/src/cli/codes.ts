/**
 * The two letters by which Neil's first version called its actions, and what they mean now.
 */

export const CODES: Readonly<Record<string, readonly string[]>> = {
  sa: ["start"],
  so: ["stop"],
  ss: ["switch"],
  as: ["start"],
  co: ["continue"],
  ct: ["task", "done"],
  nt: ["task", "cancel"],
  ap: ["task", "add"],
  ar: ["project", "add"],
  ac: ["client", "add"],
  lj: ["project", "list"],
  ll: ["client", "list"],
  la: ["list"],
  lc: ["list", "--by", "client"],
  lp: ["list"],
  ls: ["list", "--by", "state"],
  oa: ["overview"],
  oc: ["overview", "--by", "client"],
  op: ["overview"],
  os: ["overview", "--by", "state"],
  tc: ["todo", "--by", "client"],
  tp: ["todo"],
};

/** The arguments with a code that they begin with spelled out. */
export function spelledOut(args: readonly string[]): readonly string[] {
  const [first = "", ...rest] = args;
  const meaning = Object.hasOwn(CODES, first) ? CODES[first] : undefined;
  return meaning === undefined ? args : [...meaning, ...rest];
}
