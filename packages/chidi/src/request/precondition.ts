/**
 * Conditional requests: RFC 9110, 13.2.2, in its order of precedence. All dates are compared in whole seconds.
 */

import type { AnswerParts } from "../answer/response.js";
import type { HttpRequest } from "./request.js";

/** What tells one state of a resource from another. */
export interface Validators {
  /** With its quotes: `"v7"`, or `W/"v7"` for a weak one. */
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
}

/**
 * What the conditions of the request say of a resource in this state: null to go on, else the 304 or 412 to answer. Ask
 * before a request changes anything. Pass null for a resource that does not exist yet.
 */
export function precondition(
  request: Pick<HttpRequest, "method" | "headers">,
  state: Validators | null,
): AnswerParts | null {
  const { method, headers } = request;
  const reads = method === "GET" || method === "HEAD";
  const match = headers.get("if-match");
  const unmodifiedSince = headers.get("if-unmodified-since");
  if (match !== null) {
    if (!matches(match, state, true)) return failed;
  } else if (unmodifiedSince !== null && laterThan(state, unmodifiedSince)) return failed;
  const noneMatch = headers.get("if-none-match");
  const modifiedSince = headers.get("if-modified-since");
  if (noneMatch !== null) {
    if (matches(noneMatch, state, false)) return reads ? notModified(state) : failed;
  } else if (reads && modifiedSince !== null && laterThan(state, modifiedSince) === false) return notModified(state);
  return null;
}

/** May the ranges asked for be of this state, by its If-Range? */
export function rangeApplies(headers: Headers, state: Validators): boolean {
  const condition = headers.get("if-range")?.trim();
  if (condition === undefined) return true;
  if (condition.endsWith('"')) return condition === state.etag && !isWeak(condition);
  return state.lastModified !== undefined && dateOf(condition) === seconds(state.lastModified);
}

/** The ETag as a weak one: for bytes that are no longer those it was made of. */
export function weakened(etag: string): string {
  return isWeak(etag) ? etag : `W/${etag}`;
}

const failed: AnswerParts = { status: 412, body: "Precondition Failed" };

function notModified(state: Validators | null): AnswerParts {
  return { status: 304, headers: { etag: state?.etag, "last-modified": state?.lastModified?.toUTCString() } };
}

function matches(condition: string, state: Validators | null, strong: boolean): boolean {
  if (condition.trim() === "*") return state !== null;
  const etag = state?.etag;
  if (etag === undefined || (strong && isWeak(etag))) return false;
  const listed = condition.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return listed.some((one) => (strong ? one === etag : weakened(one) === weakened(etag)));
}

// Undefined where there is nothing to compare: such a condition is ignored.
function laterThan(state: Validators | null, date: string): boolean | undefined {
  const given = dateOf(date);
  if (Number.isNaN(given) || state?.lastModified === undefined) return undefined;
  return seconds(state.lastModified) > given;
}

// An HTTP-date in any of its three forms, in seconds; the one of asctime names no zone and means GMT.
function dateOf(text: string): number {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return Number.NaN;
  return Math.floor(Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) / 1000);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function isWeak(etag: string): boolean {
  return etag.startsWith("W/");
}
