/**
 * What ends a command of Neil: a code, and by it an exit code and a line that says what to do.
 */

export class NeilError extends Error {
  override readonly name = "NeilError";
  readonly code: string;
  /** What to do, where it is more than the code's own advice. */
  readonly advice: string | undefined;

  constructor(code: string, message: string, options: ErrorOptions & { readonly advice?: string } = {}) {
    super(message, options);
    this.code = code;
    this.advice = options.advice;
  }
}

/** Somebody was asked on the terminal, and left: Escape, Ctrl-C. It is nobody's fault, and nothing is told of it. */
export class Left extends Error {}

export const EXIT = {
  ok: 0,
  /** Nothing is running. */
  idle: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  damaged: 5,
  key: 6,
  /** A defect of Neil's. */
  internal: 70,
  /** By Ctrl-C, or by leaving a question. */
  interrupted: 130,
} as const;

interface Remedy {
  readonly exit: number;
  readonly advice: string;
}

const UNSURE = "it may have been done or not: look with `npx neil`, then try again";

const REMEDIES: Readonly<Record<string, Remedy>> = {
  IDLE: { exit: EXIT.idle, advice: "start something: npx neil start client/project/task" },
  USAGE: { exit: EXIT.usage, advice: "see: npx neil help" },
  BAD_HANDLE: { exit: EXIT.usage, advice: "write it as client/project/task, each of letters, digits and . _ + -" },
  BAD_DAY: { exit: EXIT.refused, advice: "nothing was written; name another day: --date" },
  BAD_FILE: { exit: EXIT.usage, advice: "nothing was imported; mend the file and import it again" },
  AMBIGUOUS_TIME: { exit: EXIT.refused, advice: "export it in a zone whose clock is never changed: --tz UTC" },
  BAD_MOMENT: { exit: EXIT.usage, advice: "write it like 9:15, 9pm, -15m, yesterday 17:00 or 2026-10-06 9:15" },
  BAD_PERIOD: { exit: EXIT.usage, advice: "write it like today, lastmonth, 2026-10, 2026-W41 or A..B" },
  BAD_ZONE: { exit: EXIT.usage, advice: "name a zone of the IANA list, like Europe/Prague, or UTC" },
  BAD_SETTINGS: { exit: EXIT.usage, advice: "mend the file, or remove it: it holds nothing but settings" },
  BAD_FILTER: { exit: EXIT.usage, advice: "see: npx neil help todo" },
  NOT_FOUND: { exit: EXIT.idle, advice: "look what there is: npx neil last, list, rate or budget" },
  NOTHING_LEFT: { exit: EXIT.idle, advice: "look: npx neil log --acts" },
  AMBIGUOUS: { exit: EXIT.usage, advice: "write more of it" },
  ALREADY: { exit: EXIT.refused, advice: "look: npx neil list, or npx neil log --acts" },
  CONFLICT: { exit: EXIT.refused, advice: "look what it is now: npx neil last, then try again" },
  INCOMPLETE: { exit: EXIT.refused, advice: "nothing was written; look: npx neil invoice show, or invoice config" },
  UNWRITABLE: { exit: EXIT.refused, advice: "nothing was written; take another kind of file: npx neil invoice html" },
  LOCKED: { exit: EXIT.refused, advice: "nothing was written; npx neil invoice cancel NUMBER lets its work go again" },
  IN_USE: { exit: EXIT.refused, advice: "move or remove what belongs to it first" },
  NEAR_NAME: { exit: EXIT.refused, advice: "write the name that is there, or add --create to make a new one" },
  QUEUE_DAMAGED: { exit: EXIT.damaged, advice: "look at it, then move it away" },
  RUNNING: { exit: EXIT.refused, advice: "stop it first: npx neil stop, or change over: npx neil switch" },
  ANOTHER_RUNS: { exit: EXIT.refused, advice: "look what runs: npx neil" },
  TOO_LARGE: { exit: EXIT.refused, advice: "nothing was written; it is too much for one message" },
  TOO_MANY_ROWS: {
    exit: EXIT.refused,
    advice: "take a shorter period or fewer groupings; every interval is in: npx neil export csv",
  },
  ANSWER_TOO_LARGE: { exit: EXIT.refused, advice: "ask for less at a time: a shorter period, or a filter" },
  LISTEN_DENIED: { exit: EXIT.refused, advice: "take a port from 1024 up: see npx neil help serve" },
  LISTEN_FAILED: { exit: EXIT.refused, advice: "take another port: see npx neil help serve" },
  LISTEN: { exit: EXIT.refused, advice: "take another port, from 1024 up: see npx neil help serve" },
  EACCES: { exit: EXIT.refused, advice: "name a folder that you may write: NEIL_HOME=..." },
  EROFS: { exit: EXIT.refused, advice: "name a folder that you may write: NEIL_HOME=..." },
  ENOSPC: { exit: EXIT.damaged, advice: "make room on the disk, then start it again" },
  OVERLAP: {
    exit: EXIT.refused,
    advice: "nothing was written; add --trim or --replace to make room, or take another time",
  },
  BAD_INTERVAL: { exit: EXIT.refused, advice: "nothing was written; mend the interval" },
  TASK_COMPLETED: {
    exit: EXIT.refused,
    advice: "start another task, or open it again: npx neil task reopen, project reopen, client reopen",
  },
  INVALID_INPUT: { exit: EXIT.refused, advice: "nothing was written; see: npx neil help" },
  INVALID_PAYLOAD: { exit: EXIT.refused, advice: "nothing was written; see: npx neil help" },
  FORBIDDEN: { exit: EXIT.refused, advice: "this key lacks the role for it; ask the owner of the server" },
  OVERLOADED: { exit: EXIT.refused, advice: "the server is busy; try again" },
  MANSION_LOCKED: { exit: EXIT.refused, advice: "stop that one, or give this one a folder of its own: NEIL_HOME=..." },
  EADDRINUSE: { exit: EXIT.refused, advice: "stop what listens there, or take another port: see npx neil help serve" },
  UNREACHABLE: { exit: EXIT.unreachable, advice: "start the server: npm start" },
  NO_SERVER: { exit: EXIT.unreachable, advice: "start the server once, it makes the keys: npm start" },
  DRAINING: { exit: EXIT.unreachable, advice: "the server is stopping; start it again: npm start" },
  CLOSED: { exit: EXIT.unreachable, advice: UNSURE },
  DEADLINE: { exit: EXIT.unreachable, advice: UNSURE },
  JOURNAL_FAILED: {
    exit: EXIT.damaged,
    advice: "the server could not write its journal; look at its disk and restart it",
  },
  JOURNAL_CORRUPT: { exit: EXIT.damaged, advice: "put a backup in its place; nothing was changed" },
  MANSION_CORRUPT: { exit: EXIT.damaged, advice: "put a backup in its place; nothing was changed" },
  MANSION_FORMAT: { exit: EXIT.damaged, advice: "open it with the version of Neil that wrote it" },
  MANSION_PATH: { exit: EXIT.refused, advice: "name a folder that you may write: NEIL_HOME=..." },
  UNKNOWN_ACT: { exit: EXIT.damaged, advice: "the journal was written by a newer Neil; use that one" },
  BAD_KEYS: { exit: EXIT.key, advice: "put a backup of the file in its place" },
  HANDSHAKE_REFUSED: {
    exit: EXIT.key,
    advice: "use the client.json that this server made: see NEIL_HOME in npx neil help",
  },
  KEY_REFUSED: { exit: EXIT.key, advice: "use the client.json that this server made: see NEIL_HOME in npx neil help" },
  SERVER_KEY_MISMATCH: {
    exit: EXIT.key,
    advice: "make sure that NEIL_URL names your own server, then copy its client.json",
  },
};

export interface Explained extends Remedy {
  readonly code: string;
  readonly message: string;
}

/** What to tell of anything that was thrown. */
export function explain(error: unknown): Explained {
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: { code?: unknown } };
  // The store says that its journal failed; the journal says why.
  if (code === "JOURNAL_FAILED" && remedy(cause?.code)?.exit === EXIT.damaged) return explain(cause);
  const told = typeof message === "string" && message !== "" ? message : String(error);
  const own = error instanceof NeilError && error.advice !== undefined ? { advice: error.advice } : {};
  for (const candidate of [code, cause?.code]) {
    const known = remedy(candidate);
    if (known !== undefined) return { code: String(candidate), message: told, ...known, ...own };
  }
  const advice = "this is a defect of Neil's: please report it with what you typed";
  return { code: typeof code === "string" ? code : "INTERNAL", message: told, exit: EXIT.internal, advice };
}

function remedy(code: unknown): Remedy | undefined {
  return typeof code === "string" && Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
}
