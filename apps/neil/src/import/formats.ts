/**
 * The formats that can be imported.
 */
import { bartib } from "./bartib.js";
import { harvest } from "./harvest.js";
import { json } from "./json.js";
import { klog } from "./klog.js";
import type { Reader, Reading, Setting } from "./read.js";
import { timeclock } from "./timeclock.js";
import { timew } from "./timew.js";
import { clockify, toggl } from "./toggl.js";
import { watson } from "./watson.js";

const READERS: Readonly<Record<string, Reader>> = {
  watson,
  timew,
  klog,
  toggl,
  clockify,
  harvest,
  timeclock,
  bartib,
  json,
};

export const IMPORT_FORMATS: readonly string[] = Object.keys(READERS);

/** Reads a file's text; undefined for a format that nobody knows. Throws NotOfFormat where it is not of that format at all. */
export function readings(format: string, text: string, setting: Setting): Reading[] | undefined {
  const reader = Object.hasOwn(READERS, format) ? READERS[format] : undefined;
  // A byte order mark is no part of the text.
  return reader && [...reader(text.replace(/^\uFEFF/, ""), setting)];
}
