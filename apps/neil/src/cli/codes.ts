/**
 * The actions of Neil's first version: the two letters by which it called them, what they mean now, and what is asked
 * for where somebody is there to answer and no words are. The menu is made of them too.
 */

/** What is asked for; see choosing.ts. */
export type Gap =
  | "task"
  | "task never worked on"
  | "project"
  | "note"
  | "note of what stops"
  | "new task"
  | "new task beside what runs"
  | "new project"
  | "new client"
  | "client filter"
  | "project filter"
  | "state filter";

export interface Action {
  readonly code?: string;
  readonly about: string;
  /** The command, and words of it. */
  readonly args: readonly string[];
  readonly asks?: readonly Gap[];
  /** The state in which it can be done; in any, if it is not said. */
  readonly when?: "running" | "idle";
}

/** In the order of the menu. Of two with one code the state decides. */
export const ACTIONS: readonly Action[] = [
  { code: "so", about: "stop", args: ["stop"], asks: ["note"], when: "running" },
  {
    code: "ss",
    about: "stop and start another task",
    args: ["switch"],
    asks: ["note of what stops", "task"],
    when: "running",
  },
  {
    code: "ar",
    about: "add a task to the project of what runs",
    args: ["task", "add"],
    asks: ["new task beside what runs"],
    when: "running",
  },
  { about: "drop what runs", args: ["cancel"], when: "running" },
  { code: "sa", about: "start a task", args: ["start"], asks: ["task"], when: "idle" },
  { code: "co", about: "continue the last task", args: ["continue"], when: "idle" },
  { code: "as", about: "add a task and start it", args: ["start"], asks: ["new task"], when: "idle" },
  { code: "tc", about: "to do by client", args: ["todo", "--by", "client"], asks: ["client filter"] },
  { code: "tp", about: "to do by project", args: ["todo"], asks: ["project filter"] },
  { code: "ct", about: "complete a task", args: ["task", "done"], asks: ["task"] },
  { code: "nt", about: "cancel a task", args: ["task", "cancel"], asks: ["task never worked on"] },
  { code: "ap", about: "add a task to a project", args: ["task", "add"], asks: ["new task"] },
  {
    code: "ar",
    about: "add a project to a client",
    args: ["project", "add"],
    asks: ["new project"],
    when: "idle",
  },
  { code: "ac", about: "add a client", args: ["client", "add"], asks: ["new client"] },
  { about: "complete a project", args: ["project", "done"], asks: ["project"] },
  { about: "the last intervals", args: ["last"] },
  { about: "today", args: ["log"] },
  { code: "lj", about: "all projects", args: ["project", "list"] },
  { code: "ll", about: "all clients", args: ["client", "list"] },
  { code: "la", about: "all tasks", args: ["list"] },
  { code: "lc", about: "tasks of a client", args: ["list", "--by", "client"], asks: ["client filter"] },
  { code: "lp", about: "tasks of a project", args: ["list"], asks: ["project filter"] },
  { code: "ls", about: "tasks in a state", args: ["list", "--by", "state"], asks: ["state filter"] },
  { code: "oa", about: "all tasks with their intervals", args: ["overview"] },
  {
    code: "oc",
    about: "tasks of a client with their intervals",
    args: ["overview", "--by", "client"],
    asks: ["client filter"],
  },
  { code: "op", about: "tasks of a project with their intervals", args: ["overview"], asks: ["project filter"] },
  {
    code: "os",
    about: "tasks in a state with their intervals",
    args: ["overview", "--by", "state"],
    asks: ["state filter"],
  },
  { about: "take the last command back", args: ["undo"] },
];

/** The actions that a word calls: by its code, or as a command that asks for what it cannot do without. */
export function actionsOf(word: string): readonly Action[] {
  const code = { start: "sa", switch: "ss" }[word] ?? word;
  return ACTIONS.filter((action) => action.code === code);
}
