/**
 * What the domain says no with: the code travels to every client, the message is for people.
 */
export type RefusalCode =
  | "ALREADY"
  | "AMBIGUOUS"
  | "ANOTHER_RUNS"
  | "BAD_DAY"
  | "BAD_HANDLE"
  | "BAD_INTERVAL"
  | "CONFLICT"
  | "IDLE"
  | "INCOMPLETE"
  | "IN_USE"
  | "LOCKED"
  | "NEAR_NAME"
  | "NOT_FOUND"
  | "NOTHING_LEFT"
  | "OVERLAP"
  | "RUNNING"
  | "TASK_COMPLETED"
  | "TOO_MANY_ROWS";

export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
