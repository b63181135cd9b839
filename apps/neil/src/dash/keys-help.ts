/** The keys, as `?` and the last line say them. */

/** Key and meaning, in turn; they fit into 80 columns. */
export const HINTS: readonly (readonly [key: string, about: string])[] = [
  ["s", "start"],
  ["x", "switch"],
  ["spc", "stop"],
  ["n", "note"],
  ["e", "edit"],
  ["d", "done"],
  ["u", "undo"],
  [":", "cmd"],
  ["/", "find"],
  ["?", "keys"],
  ["q", "quit"],
];

export const KEYS: readonly string[] = [
  "Tab 1 2 3 4   panels              j k arrows  rows",
  "Enter         detail, or decide   /           filter tasks",
  "",
  "s   start the chosen task         x  switch to it",
  "spc stop what runs                c  continue the last",
  "n   note of the interval          d  done: completes it",
  "e   edit: the command, to change  S  split it at a time",
  "f   fill the chosen gap           u z undo    r  redo",
  "",
  ":   any command of neil; Tab completes, Up recalls",
  "q   quit, Ctrl-Z pause            Esc closes what is open",
];
