/**
 * Frames: what the two ends say to each other inside the encryption, and their MessagePack form: an array that begins
 * with the kind. Decoding trusts nothing: the bytes pass the scan first, the shape is checked after.
 */
import { Packr } from "msgpackr";
import { whyNot } from "./carriable.js";
import { HempleError, type Issue } from "./errors.js";
import { scan } from "./scan.js";

export const KIND = { call: 1, cancel: 2, welcome: 3, refused: 4, result: 5, error: 6, goaway: 7, bye: 8 } as const;

/** What of an error reaches the other side. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly callId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
}

export type Frame =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly name: string;
      readonly input: unknown;
      readonly deadlineMs: number | undefined;
    }
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "welcome"; readonly maxMessageBytes: number }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly failure: Failure }
  | { readonly kind: "goaway" }
  | { readonly kind: "bye" };

// No records, no extensions, no shared state: every frame stands alone. Binary data is copied out of the message.
// A constant of its own, since the package's types do not know copyBuffers.
const PACKING = { useRecords: false, mapsAsObjects: true, variableMapSize: true, copyBuffers: true };
const packr: Packr = new Packr(PACKING);

/** A frame's bytes. Throws UNCARRIABLE where it holds what cannot travel. */
export function encode(frame: Frame): Uint8Array {
  const payload = frame.kind === "call" ? frame.input : frame.kind === "result" ? frame.value : undefined;
  const reason = whyNot(payload);
  if (reason !== undefined) {
    throw new HempleError("UNCARRIABLE", `the ${frame.kind === "call" ? "input" : "output"}${reason}`);
  }
  return packr.encode(fields(frame));
}

function fields(frame: Frame): unknown[] {
  switch (frame.kind) {
    case "call":
      return [KIND.call, frame.id, frame.name, frame.input, frame.deadlineMs ?? null];
    case "cancel":
      return [KIND.cancel, frame.id];
    case "welcome":
      return [KIND.welcome, { maxMessageBytes: frame.maxMessageBytes }];
    case "refused":
      return [KIND.refused, frame.failure];
    case "result":
      return [KIND.result, frame.id, frame.value];
    case "error":
      return [KIND.error, frame.id, frame.failure];
    case "goaway":
    case "bye":
      return [KIND[frame.kind]];
  }
}

/** The frame that the bytes are, or a PROTOCOL error. */
export function decode(bytes: Uint8Array): Frame {
  const reason = scan(bytes);
  if (reason !== undefined) throw broken(reason);
  let value: unknown;
  try {
    value = packr.decode(bytes);
  } catch {
    throw broken("it is no MessagePack");
  }
  const frame = Array.isArray(value) ? shaped(value) : undefined;
  if (frame === undefined) throw broken("it has no shape of this protocol");
  return frame;
}

function shaped(parts: readonly unknown[]): Frame | undefined {
  const [kind, second, third, fourth, fifth] = parts;
  const id = second as number;
  switch (kind) {
    case KIND.call: {
      const deadlineMs = fifth ?? undefined;
      if (
        parts.length !== 5 ||
        !isId(id) ||
        typeof third !== "string" ||
        !(deadlineMs === undefined || isMs(deadlineMs))
      )
        return undefined;
      return { kind: "call", id, name: third, input: fourth, deadlineMs };
    }
    case KIND.cancel:
      return parts.length === 2 && isId(id) ? { kind: "cancel", id } : undefined;
    case KIND.welcome: {
      const maxMessageBytes = isRecord(second) ? second.maxMessageBytes : undefined;
      return isId(maxMessageBytes) ? { kind: "welcome", maxMessageBytes } : undefined;
    }
    case KIND.refused:
      return isFailure(second) ? { kind: "refused", failure: second } : undefined;
    case KIND.result:
      return parts.length === 3 && isId(id) ? { kind: "result", id, value: third } : undefined;
    case KIND.error:
      return isId(id) && isFailure(third) ? { kind: "error", id, failure: third } : undefined;
    case KIND.goaway:
      return { kind: "goaway" };
    case KIND.bye:
      return { kind: "bye" };
    default:
      return undefined;
  }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isMs(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFailure(value: unknown): value is Failure {
  if (!isRecord(value) || typeof value.code !== "string" || typeof value.message !== "string") return false;
  if (value.callId !== undefined && typeof value.callId !== "string") return false;
  return value.issues === undefined || (Array.isArray(value.issues) && value.issues.every(isIssue));
}

function isIssue(value: unknown): value is Issue {
  if (!isRecord(value) || typeof value.message !== "string" || !Array.isArray(value.path)) return false;
  return value.path.every((step) => typeof step === "string" || typeof step === "number");
}

function broken(reason: string): HempleError {
  return new HempleError("PROTOCOL", `a frame was refused: ${reason}; the peer speaks something else, or attacks`);
}
