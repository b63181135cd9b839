/**
 * The subprotocol `trevor.1`: what the two sides of a session say besides their messages. Messages go as they are; text
 * that begins with U+0001 is the protocol's own, and a message that begins so is wrapped in one of it. Browser-safe.
 */

/** What both sides have to speak. */
export const PROTOCOL = "trevor.1";

export type Control =
  /** The client's first word: its session, whether that is a new one, and how many messages it has received. */
  | { readonly tag: "hello"; readonly session: string; readonly fresh: boolean; readonly received: number }
  /** The session goes on: the server has received so many. */
  | { readonly tag: "welcome"; readonly received: number }
  /** There is no such session. The client may say hello again with a new one. */
  | { readonly tag: "lost" }
  /** So many messages have been taken. */
  | { readonly tag: "taken"; readonly count: number }
  /** A message that had to be wrapped. */
  | { readonly tag: "message"; readonly text: string };

const MARK = "\u0001";

/** The text of a control. */
export function control(said: Control): string {
  switch (said.tag) {
    case "hello":
      return `${MARK}h${said.fresh ? "new" : "old"} ${said.session} ${said.received}`;
    case "welcome":
      return `${MARK}w${said.received}`;
    case "lost":
      return `${MARK}l`;
    case "taken":
      return `${MARK}t${said.count}`;
    case "message":
      return `${MARK}m${said.text}`;
  }
}

/** Text as it goes on the wire. */
export function wrap(text: string): string {
  return text.startsWith(MARK) ? control({ tag: "message", text }) : text;
}

/** What came as text: a message, or a control; null for what the protocol does not know. */
export function unwrap(text: string): Control | null {
  if (!text.startsWith(MARK)) return { tag: "message", text };
  const rest = text.slice(2);
  switch (text[1]) {
    case "h": {
      const [, age, session, received] = /^(new|old) ([-\w]{22,64}) (\d{1,15})$/.exec(rest) ?? [];
      if (session === undefined) return null;
      return { tag: "hello", session, fresh: age === "new", received: Number(received) };
    }
    case "w":
      return number(rest) && { tag: "welcome", received: Number(rest) };
    case "l":
      return { tag: "lost" };
    case "t":
      return number(rest) && { tag: "taken", count: Number(rest) };
    case "m":
      return { tag: "message", text: rest };
    default:
      return null;
  }
}

function number(text: string): true | null {
  return /^\d{1,15}$/.test(text) || null;
}
