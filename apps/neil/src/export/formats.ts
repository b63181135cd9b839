/**
 * The formats that can be exported.
 */
import { csv } from "./csv.js";
import { html } from "./html.js";
import { ical } from "./ical.js";
import { json } from "./json.js";
import { klog } from "./klog.js";
import { timeclock } from "./timeclock.js";
import { timew } from "./timew.js";
import type { Writer } from "./write.js";

export const WRITERS: Readonly<Record<string, Writer>> = { csv, json, ical, timeclock, timew, klog, html };
