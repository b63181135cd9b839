/** The command on invoices. */
import type { Command } from "../command.js";
import { DRY, MANY } from "./options.js";

export const invoices: readonly Command[] = [
  {
    name: "invoice",
    usage: "list|draft|show|issue|paid|unpaid|cancel|rm|html|pdf|xml|config [CLIENT PERIOD | INVOICE]",
    summary: "invoices of the work of a period",
    more: "An issued one has the next number, and locks what stands on it.",
    example: "neil invoice draft acme lastmonth",
    options: {
      date: { value: "DAY", about: "the day of issue, cancel or paid; today by default" },
      output: { value: "FILE", about: "html, pdf, xml: a new file with another name" },
      force: { about: "html, pdf, xml: writes over a file that is there" },
      name: { value: "TEXT", about: "config: your name; - takes any of these away" },
      street: { value: "TEXT", about: "config: your address; that of a client by neil client edit" },
      city: { value: "TEXT", about: "config: the same" },
      zip: { value: "TEXT", about: "config: the same" },
      country: { value: "CC", about: "config: the same, its two letters, like CZ" },
      "reg-id": { value: "TEXT", about: "config: your number in a register" },
      "vat-id": { value: "TEXT", about: "config: your VAT number" },
      legal: { value: "TEXT", about: "config: what else has to be said of you" },
      bank: { value: "TEXT", about: "config: the account to be paid to" },
      vat: { value: "PERCENT", about: "config: of everybody, a client, a project or a task" },
      due: { value: "DAYS", about: "config: days to pay in, 14 by default" },
      currency: { value: "CODE", about: "config: of everybody or a client; that of the rates by default" },
      round: {
        value: "UNIT[:up|nearest|down][/interval|day|total]",
        about: "config: as report has it; 1m:nearest/total",
      },
      "reverse-charge": { value: "on|off|TEXT", about: "config: no VAT, and why; mostly of a client" },
      note: { value: "TEXT", about: "config: what stands below every invoice, of everybody or of a client" },
      pattern: { value: "PATTERN", about: "config: how numbers look, {YYYY}-{NNN} by default" },
      first: { value: "N", about: "config: with which number this year begins" },
      "day-start": { value: "H:MM", about: "draft: when a day begins, for those who work at night" },
      ...DRY,
    },
    words: [0, MANY],
    load: async () => (await import("../books/invoice.js")).invoice,
  },
];
