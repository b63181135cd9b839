/** `neil invoice config`: who sends invoices, and on what terms: for everybody, or for a client. All devices share it. */
import { randomUUID } from "node:crypto";
import type { Ask } from "../../asks.js";
import { PATTERN } from "../../domain/invoice.js";
import { EXIT } from "../../errors.js";
import { percentText } from "../../invoice/layout.js";
import { parseAmount } from "../../report/money.js";
import { isRounding, ROUNDING_USAGE } from "../../report/rounding.js";
import { dateAt } from "../../time/calendar.js";
import { ask, call } from "../call.js";
import type { Parsed } from "../command.js";
import { countryOf } from "../country.js";
import { COMMON } from "../globals.js";
import { usage } from "../parse.js";
import { columns, notice, oneLine, print } from "../print.js";

const SENDER = {
  ...{ name: "name", street: "street", city: "city", zip: "zip", country: "country" },
  ...{ "reg-id": "regId", "vat-id": "vatId", legal: "legal" },
} as const;

const REVERSE_CHARGE = "Reverse charge: VAT is to be accounted for by the recipient.";

type Fields = Ask<"terms/set">["fields"];

/** What each option says, or undefined where it cannot be read; "-" takes it away. */
const TERMS: Readonly<Record<string, { readonly expects: string; read(text: string): Fields | undefined }>> = {
  bank: { expects: "a text", read: (bank) => ({ bank }) },
  vat: { expects: "a percentage like 21 or 10.5", read: vatOf },
  due: {
    expects: "a number of days",
    read: (text) => (/^\d{1,4}$/.test(text) ? { dueDays: Number(text) } : undefined),
  },
  currency: { expects: "a currency like EUR", read: currencyOf },
  round: { expects: `a unit ${ROUNDING_USAGE}`, read: (round) => (isRounding(round) ? { round } : undefined) },
  "reverse-charge": { expects: "on, off or a text", read: reverseOf },
  note: { expects: "a text", read: (note) => ({ note }) },
  pattern: {
    expects: "letters, digits and . _ / - around one {NNN}, with {YYYY} or {YY} for a new count each year",
    // A number with a dash before it would look like an option.
    read: (pattern) => (PATTERN.test(pattern) && !pattern.startsWith("-") ? { pattern } : undefined),
  },
  first: {
    expects: "a number from 1 up",
    read: (text) => (/^[1-9]\d{0,8}$/.test(text) ? { first: Number(text) } : undefined),
  },
};

const NONE: Readonly<Record<string, Fields>> = {
  ...{ bank: { bank: null }, vat: { vat: null }, due: { dueDays: null }, currency: { currency: null } },
  ...{ round: { round: null }, "reverse-charge": { reverse: null }, note: { note: null } },
  ...{ pattern: { pattern: null }, first: { first: null } },
};

export const CONFIG_OPTIONS: readonly string[] = [...Object.keys(SENDER), ...Object.keys(TERMS)];

export async function configure(parsed: Parsed, [scope = ""]: readonly string[]): Promise<number> {
  const { here, options, json } = parsed;
  const fields = fieldsOf(parsed, scope);
  const day = dateAt(here.now, here).toString();
  if (Object.keys(fields).length > 0) {
    await ask("terms/set", { command: randomUUID(), scope, day, fields }, here.now);
    if (options.first !== undefined) notice("the first number is that of this year; each other year begins with 1");
  }
  const { set, holds } = await call((neil, callOptions) => neil.terms({ scope }, callOptions));
  const { sender, first, ...terms } = holds;
  const own: Readonly<Record<string, string | undefined>> = sender ?? {};
  const rows = [
    ...Object.entries(SENDER).map(([name, field]) => [name, own[field] ?? "", ""]),
    ...["bank", "pattern"].map((name) => [name, String(terms[name as "bank" | "pattern"] ?? ""), ""]),
    ["first", first ? `${first.n}${first.series && ` of ${first.series}`}` : "", "office"],
    ["vat", percentText(terms.vat ?? 0), "vat"],
    ["due", `${terms.dueDays} days`, "dueDays"],
    ["currency", terms.currency || "that of the rates", "currency"],
    ["round", terms.round ?? "", "round"],
    ["reverse-charge", terms.reverse || "off", "reverse"],
    ["note", terms.note ?? "", "note"],
  ];
  const told = rows
    .filter(([, , field]) => scope === "" || (field ?? "") in holds)
    .map(([name = "", value = "", field = ""]) => [
      name,
      oneLine(value),
      scope !== "" && field in set ? "its own" : "",
    ]);
  print(json, { scope, set, holds }, columns(told));
  return EXIT.ok;
}

function fieldsOf({ command, options }: Parsed, scope: string): Fields {
  const sender: Record<string, string> = {};
  let fields: Fields = {};
  for (const [name, text] of Object.entries(options)) {
    if (text === undefined || Object.hasOwn(COMMON, name)) continue;
    if (name in SENDER) {
      if (scope !== "")
        throw usage(command, `--${name} is yours; that of a client is set by neil client edit ${scope}`);
      sender[SENDER[name as keyof typeof SENDER]] =
        name === "country" ? countryOf(command, text) : text === "-" ? "" : text;
      continue;
    }
    const said = text === "-" ? NONE[name] : TERMS[name]?.read(text);
    if (said === undefined) throw usage(command, `--${name} takes ${TERMS[name]?.expects}; got "${text}"`);
    fields = { ...fields, ...said };
  }
  return Object.keys(sender).length === 0 ? fields : { ...fields, sender };
}

function vatOf(text: string): Fields | undefined {
  const [, whole, part = ""] = /^(\d{1,3})(?:[.,](\d{1,2}))?%?$/.exec(text) ?? [];
  const vat = whole === undefined ? Number.NaN : Number(whole) * 100 + Number(part.padEnd(2, "0"));
  return vat <= 10_000 ? { vat } : undefined;
}

function currencyOf(text: string): Fields | undefined {
  const amount = parseAmount(`1${text}`);
  return amount === undefined ? undefined : { currency: amount.currency };
}

function reverseOf(text: string): Fields | undefined {
  if (text === "off") return { reverse: "" };
  return { reverse: text === "on" ? REVERSE_CHARGE : text };
}
