/**
 * The acts of Neil. Their updates are the judge of every rule, wherever an act comes from: the same definitions run in
 * the server, which confirms acts, and in the page, which takes over what the server has confirmed.
 */
import type { AnyActDefinition } from "@good-place/shawn";
import type { Office } from "../office.js";
import { decideAway, noticeAway } from "./away.js";
import {
  addInterval,
  editInterval,
  importIntervals,
  joinIntervals,
  removeIntervals,
  splitInterval,
} from "./intervals.js";
import { cancelInvoice, draftInvoice, issueInvoice, payInvoice, removeInvoice, setTerms } from "./invoices.js";
import { setBudget, setRate } from "./money.js";
import { addName, editName, mergeNames, removeName } from "./names.js";
import { retrace } from "./steps.js";
import { startTask, stopTask, switchTask } from "./timer.js";

/** Every act that Neil's store can confirm. */
export const neilActs: readonly AnyActDefinition<Office>[] = [
  startTask,
  switchTask,
  stopTask,
  addInterval,
  editInterval,
  splitInterval,
  joinIntervals,
  removeIntervals,
  importIntervals,
  addName,
  editName,
  mergeNames,
  removeName,
  noticeAway,
  decideAway,
  setRate,
  setBudget,
  setTerms,
  draftInvoice,
  issueInvoice,
  cancelInvoice,
  payInvoice,
  removeInvoice,
  retrace,
];
