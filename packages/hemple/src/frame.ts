/**
 * Frames: what the two ends say to each other inside the encryption, and their MessagePack form: an array that begins
 * with the kind. Decoding trusts nothing: the bytes pass the scan first, the shape is checked after.
 */
import { Packr } from "msgpackr";
import { whyNot } from "./carriable.js";
import { HempleError, type Issue } from "./errors.js";
import { MAX_VALUES, scan } from "./scan.js";

export const KIND = {
  call: 1,
  cancel: 2,
  welcome: 3,
  refused: 4,
  result: 5,
  error: 6,
  goaway: 7,
  bye: 8,
  item: 9,
  end: 10,
  credit: 11,
  limit: 12,
} as const;

/** How many causes, one of the other, an error takes along. */
export const DEEPEST_CAUSE = 4;

/** What of an error reaches the other side. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly callId?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** It did not run, or says that it may simply be sent again. */
  readonly retryable?: boolean | undefined;
  readonly cause?: Failure | undefined;
  /** Only from a server in development. */
  readonly stack?: string | undefined;
}

/** What asks for a method to be run. */
export interface CallFrame {
  readonly kind: "call";
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly deadlineMs: number | undefined;
  /** Bytes of items that the caller takes of a stream before it grants more. */
  readonly credit?: number | undefined;
  /** The idempotency key. */
  readonly key?: string | undefined;
  /** The position behind which a stream goes on. */
  readonly after?: string | number | undefined;
}

export type Frame =
  | CallFrame
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "welcome"; readonly maxMessageBytes: number; readonly instance: string }
  | { readonly kind: "item"; readonly id: number; readonly value: unknown }
  | { readonly kind: "end"; readonly id: number }
  | { readonly kind: "credit"; readonly id: number; readonly bytes: number }
  | { readonly kind: "limit"; readonly maxMessageBytes: number }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly failure: Failure }
  | { readonly kind: "goaway" }
  | { readonly kind: "bye" };

// No records, no extensions, no shared state: every frame stands alone. Binary data is copied out of the message.
// A constant of its own, since the package's types do not know copyBuffers.
const PACKING = { useRecords: false, mapsAsObjects: true, variableMapSize: true, copyBuffers: true };
const packr: Packr = new Packr(PACKING);

/**
 * A frame's bytes. Throws UNCARRIABLE where it holds what cannot travel, TOO_DEEP or TOO_LARGE where the other side would
 * take it for an attack.
 */
export function encode(frame: Frame): Uint8Array {
  const payload = payloadOf(frame);
  const reason = whyNot(payload);
  if (reason !== undefined) throw new HempleError("UNCARRIABLE", `the ${PAYLOAD[frame.kind] ?? "frame"}${reason}`);
  const bytes = packr.encode(fields(frame));
  // No value has less than a byte: what is shorter cannot hold too many.
  if (bytes.length > MAX_VALUES && scan(bytes) !== undefined)
    throw new HempleError("TOO_LARGE", `the message holds more than ${MAX_VALUES} values; send it in parts`);
  return bytes;
}

const PAYLOAD: Readonly<Record<string, string>> = { call: "input", result: "output", item: "item" };

function payloadOf(frame: Frame): unknown {
  if (frame.kind === "call") return frame.input;
  return frame.kind === "result" || frame.kind === "item" ? frame.value : undefined;
}

function fields(frame: Frame): unknown[] {
  switch (frame.kind) {
    case "call":
      return callFields(frame);
    case "cancel":
      return [KIND.cancel, frame.id];
    case "welcome":
      return [KIND.welcome, { maxMessageBytes: frame.maxMessageBytes, instance: frame.instance }];
    case "refused":
      return [KIND.refused, frame.failure];
    case "result":
      return [KIND.result, frame.id, frame.value];
    case "error":
      return [KIND.error, frame.id, frame.failure];
    case "item":
      return [KIND.item, frame.id, frame.value];
    case "end":
      return [KIND.end, frame.id];
    case "credit":
      return [KIND.credit, frame.id, frame.bytes];
    case "limit":
      return [KIND.limit, frame.maxMessageBytes];
    case "goaway":
    case "bye":
      return [KIND[frame.kind]];
  }
}

// Most calls have none of the last three.
function callFields({ id, name, input, deadlineMs, credit, key, after }: CallFrame): unknown[] {
  if (credit === undefined && key === undefined && after === undefined) {
    return [KIND.call, id, name, input, deadlineMs ?? null];
  }
  return [KIND.call, id, name, input, deadlineMs ?? null, credit ?? null, key ?? null, after ?? null];
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
  const kind = parts[0];
  const second = parts[1];
  const third = parts[2];
  const id = second as number;
  switch (kind) {
    case KIND.call:
      return shapedCall(parts);
    case KIND.cancel:
      return parts.length === 2 && isId(id) ? { kind: "cancel", id } : undefined;
    case KIND.welcome: {
      const { maxMessageBytes, instance }: Record<string, unknown> = isRecord(second) ? second : {};
      return isId(maxMessageBytes) && typeof instance === "string"
        ? { kind: "welcome", maxMessageBytes, instance }
        : undefined;
    }
    case KIND.refused:
      return isFailure(second) ? { kind: "refused", failure: second } : undefined;
    case KIND.result:
      return parts.length === 3 && isId(id) ? { kind: "result", id, value: third } : undefined;
    case KIND.error:
      return isId(id) && isFailure(third) ? { kind: "error", id, failure: third } : undefined;
    case KIND.item:
      return parts.length === 3 && isId(id) ? { kind: "item", id, value: third } : undefined;
    case KIND.end:
      return parts.length === 2 && isId(id) ? { kind: "end", id } : undefined;
    case KIND.credit:
      return isId(id) && isId(third) ? { kind: "credit", id, bytes: third } : undefined;
    case KIND.limit:
      return isId(second) ? { kind: "limit", maxMessageBytes: second } : undefined;
    case KIND.goaway:
      return { kind: "goaway" };
    case KIND.bye:
      return { kind: "bye" };
    default:
      return undefined;
  }
}

// By index: taking an array apart by iteration costs as much as checking it.
function shapedCall(parts: readonly unknown[]): CallFrame | undefined {
  const id = parts[1];
  const name = parts[2];
  if (!isId(id) || typeof name !== "string" || (parts.length !== 5 && parts.length !== 8)) return undefined;
  const deadlineMs = parts[4] ?? undefined;
  if (deadlineMs !== undefined && !isMs(deadlineMs)) return undefined;
  if (parts.length === 5) return { kind: "call", id, name, input: parts[3], deadlineMs };
  const credit = parts[5] ?? undefined;
  const key = parts[6] ?? undefined;
  const after = parts[7] ?? undefined;
  if (credit !== undefined && !isId(credit)) return undefined;
  if (key !== undefined && typeof key !== "string") return undefined;
  if (after !== undefined && typeof after !== "string" && typeof after !== "number") return undefined;
  return { kind: "call", id, name, input: parts[3], deadlineMs, credit, key, after };
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

function isFailure(value: unknown, depth = 0): value is Failure {
  if (!isRecord(value) || typeof value.code !== "string" || typeof value.message !== "string") return false;
  if (value.callId !== undefined && typeof value.callId !== "string") return false;
  if (value.stack !== undefined && typeof value.stack !== "string") return false;
  if (value.cause !== undefined && !(depth < DEEPEST_CAUSE && isFailure(value.cause, depth + 1))) return false;
  return value.issues === undefined || (Array.isArray(value.issues) && value.issues.every(isIssue));
}

function isIssue(value: unknown): value is Issue {
  if (!isRecord(value) || typeof value.message !== "string" || !Array.isArray(value.path)) return false;
  return value.path.every((step) => typeof step === "string" || typeof step === "number");
}

function broken(reason: string): HempleError {
  return new HempleError("PROTOCOL", `a frame was refused: ${reason}; the peer speaks something else, or attacks`);
}
