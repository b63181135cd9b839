/**
 * Handshake patterns as a table of tokens, and their names with psk modifiers ("XXpsk0+psk3").
 * All fundamental interactive patterns of the Noise specification, section 7.5; one-way patterns are not here.
 */
import { misuse } from "@good-place/channel/misuse";

export type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk";

export interface Pattern {
  /** As in the protocol name: "XXpsk0+psk3". */
  readonly name: string;
  /** Tokens of each message; the initiator writes the first, then by turns. */
  readonly messages: readonly (readonly Token[])[];
  /** Whether each side's static key is known to the other before the first message. */
  readonly known: { readonly initiator: boolean; readonly responder: boolean };
  /** How many psk tokens there are. */
  readonly psks: number;
}

const BASES: Readonly<Record<string, readonly string[]>> = {
  NN: ["e", "e ee"],
  NK: ["e es", "e ee"],
  NX: ["e", "e ee s es"],
  KN: ["e", "e ee se"],
  KK: ["e es ss", "e ee se"],
  KX: ["e", "e ee se s es"],
  XN: ["e", "e ee", "s se"],
  XK: ["e es", "e ee", "s se"],
  XX: ["e", "e ee s es", "s se"],
  IN: ["e s", "e ee se"],
  IK: ["e es s ss", "e ee se"],
  IX: ["e s", "e ee se s es"],
};

const NAME = /^([A-Z]{2})((?:psk\d)(?:\+psk\d)*)?$/;

/** Reads a pattern's name. An unknown base, and a modifier that is repeated or past the last message, are misuse. */
export function parsePattern(name: string): Pattern {
  const [, letters = "", modifiers] = NAME.exec(String(name)) ?? [];
  const base = Object.hasOwn(BASES, letters) ? BASES[letters] : undefined;
  if (base === undefined) {
    throw misuse(
      "type",
      "NOISE_PATTERN",
      `pattern must be one of ${Object.keys(BASES).join(", ")} with psk modifiers, as in "XXpsk0+psk3"`,
    );
  }
  const messages = base.map((tokens) => tokens.split(" ") as Token[]);
  const places = modifiers === undefined ? [] : modifiers.split("+").map((modifier) => Number(modifier.slice(3)));
  if (new Set(places).size !== places.length || places.some((place) => place > messages.length)) {
    throw misuse(
      "type",
      "NOISE_PATTERN",
      `the psk modifiers of ${letters} are psk0 to psk${messages.length}, each once`,
    );
  }
  for (const place of places) {
    if (place === 0) messages[0]?.unshift("psk");
    else messages[place - 1]?.push("psk");
  }
  return {
    name,
    messages,
    known: { initiator: letters[0] === "K", responder: letters[1] === "K" },
    psks: places.length,
  };
}

/** Whether a side's static key is used at all: N in its place says no. */
export function hasStatic(pattern: Pattern, side: "initiator" | "responder"): boolean {
  return pattern.name[side === "initiator" ? 0 : 1] !== "N";
}
