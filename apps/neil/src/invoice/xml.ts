/**
 * An invoice as a program reads it: EN 16931 in the syntax of UBL 2.1, an Invoice or a CreditNote, in which amounts are
 * positive. Nothing is left out that the norm asks for: what is missing, or cannot be said in it, is refused.
 */
import { NeilError } from "../errors.js";
import type { Sheet } from "../invoices-contract.js";
import { amountText } from "../report/money.js";
import { laidOut } from "./layout.js";

type Content = string | readonly (Part | undefined)[];
/** A name, what is in it, and its attributes; UBL's names of parts with parts are in another space than those of texts. */
type Part = readonly [name: string, content: Content, attributes?: Readonly<Record<string, string>>];

/** Throws INCOMPLETE, and UNWRITABLE for drafts and for amounts of more than two decimals. */
export function invoiceXml(sheet: Sheet): string {
  const { kind, state, number, sender, recipient, currency, issuedOn, due, since, until, counterpart, bank } = sheet;
  const credit = kind === "credit";
  const note = [...laidOut(sheet).words, recipient.legal].filter(Boolean).join(" ");
  const parts: Content = [
    ["CustomizationID", "urn:cen.eu:en16931:2017"],
    ["ID", number],
    ["IssueDate", issuedOn],
    credit ? undefined : ["DueDate", due],
    credit ? ["CreditNoteTypeCode", "381"] : ["InvoiceTypeCode", "380"],
    said("Note", note),
    ["DocumentCurrencyCode", currency],
    ["InvoicePeriod", [said("StartDate", since), ["EndDate", until]]],
    credit ? ["BillingReference", [["InvoiceDocumentReference", [["ID", counterpart]]]]] : undefined,
    ["AccountingSupplierParty", [party(sender, sender.vatId, sender.legal)]],
    ["AccountingCustomerParty", [party(recipient, untaxed(sheet) === "O" ? "" : recipient.vatId, "")]],
    credit || bank === "" ? undefined : payment(bank, number),
    // What is to be paid needs a day or terms; a credit note has no day.
    credit ? ["PaymentTerms", [["Note", `Cancels invoice ${counterpart}`]]] : undefined,
    ...taxes(sheet),
    ...sheet.lines.map((_, at) => line(sheet, at)),
  ];
  refuseIncomplete(sheet);
  if (state === "draft") {
    const advice = `nothing was written; issue it first: npx neil invoice issue ${number}`;
    throw new NeilError("UNWRITABLE", `${number} is a draft, and its XML would be an invoice`, { advice });
  }
  const root = credit ? "CreditNote" : "Invoice";
  const space = "urn:oasis:names:specification:ubl:schema:xsd:";
  const common = `xmlns:cac="${space}CommonAggregateComponents-2" xmlns:cbc="${space}CommonBasicComponents-2"`;
  const inner = parts.map((part) => written(part, "  ")).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${space}${root}-2" ${common}>\n${inner}</${root}>\n`;
}

// An amount as a credit note says it, too. More decimals than two are not valid, unless it is a price.
function money({ kind, currency }: Sheet, minor: number, price = false): readonly [string, Record<string, string>] {
  const text = amountText({ currency, minor: kind === "credit" && !price ? -minor : minor }).split(" ")[0] as string;
  const short = /^(.*\.\d\d)0+$/.exec(text)?.[1] ?? text;
  if (!price && /\.\d{3}/.test(short)) {
    throw new NeilError("UNWRITABLE", `amounts have two decimals at most in such an XML; got ${text} ${currency}`);
  }
  return [short, { currencyID: currency }];
}

/** Why lines without VAT have none: reverse charge, nobody who could ask for any, or a rate of zero. */
function untaxed({ reverse, sender }: Sheet): "AE" | "O" | "Z" {
  return reverse !== "" ? "AE" : sender.vatId === "" ? "O" : "Z";
}

function category(sheet: Sheet, vat: number, name: string, reasons: readonly Part[] = []): Part {
  const code = vat > 0 ? "S" : untaxed(sheet);
  const percent: Part | undefined = code === "O" ? undefined : ["Percent", String(vat / 100)];
  return [name, [["ID", code], percent, ...reasons, ["TaxScheme", [["ID", "VAT"]]]]];
}

function taxes(sheet: Sheet): Part[] {
  const { lines, vat, net, total, reverse } = sheet;
  const code = untaxed(sheet);
  const why: Part[] =
    code === "Z"
      ? []
      : [
          ["TaxExemptionReasonCode", `VATEX-EU-${code}`],
          ["TaxExemptionReason", reverse || "Not subject to VAT"],
        ];
  const rest = vat.reduce((rest, each) => rest - each.net, net);
  const bare = lines.some((line) => line.vat === 0) ? [{ rate: 0, net: rest, minor: 0 }] : [];
  const groups = [...vat, ...bare].map(
    ({ rate, net, minor }): Part => [
      "TaxSubtotal",
      [
        ["TaxableAmount", ...money(sheet, net)],
        ["TaxAmount", ...money(sheet, minor)],
        category(sheet, rate, "TaxCategory", rate > 0 ? [] : why),
      ],
    ],
  );
  return [
    ["TaxTotal", [["TaxAmount", ...money(sheet, total - net)], ...groups]],
    [
      "LegalMonetaryTotal",
      [
        ["LineExtensionAmount", ...money(sheet, net)],
        ["TaxExclusiveAmount", ...money(sheet, net)],
        ["TaxInclusiveAmount", ...money(sheet, total)],
        ["PayableAmount", ...money(sheet, total)],
      ],
    ],
  ];
}

/** Time as a whole number of hundredths of the largest unit that has it, so that times the price it is the amount. */
const UNITS = [
  { code: "HUR", ms: 3_600_000, perHour: 1 },
  { code: "MIN", ms: 60_000, perHour: 60 },
  { code: "SEC", ms: 1000, perHour: 3600 },
] as const;

function line(sheet: Sheet, at: number): Part {
  const { text, billedMs, rate, vat, minor } = sheet.lines[at] as Sheet["lines"][number];
  const credit = sheet.kind === "credit";
  const { code, ms, perHour } = UNITS.find(({ ms }) => (billedMs * 100) % ms === 0) ?? UNITS[2];
  return [
    credit ? "CreditNoteLine" : "InvoiceLine",
    [
      ["ID", String(at + 1)],
      [credit ? "CreditedQuantity" : "InvoicedQuantity", String(billedMs / ms), { unitCode: code }],
      ["LineExtensionAmount", ...money(sheet, minor)],
      ["Item", [["Name", text], category(sheet, vat, "ClassifiedTaxCategory")]],
      [
        "Price",
        [
          ["PriceAmount", ...money(sheet, rate, true)],
          ["BaseQuantity", String(perHour), { unitCode: code }],
        ],
      ],
    ],
  ];
}

function payment(bank: string, number: string): Part {
  const account = bank.replace(/^IBAN:? */i, "").replace(/ /g, "");
  const iban = /^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/.test(account);
  return [
    "PaymentMeans",
    [
      ["PaymentMeansCode", "30"],
      ["PaymentID", number],
      ["PayeeFinancialAccount", [["ID", iban ? account : bank]]],
    ],
  ];
}

function party(party: Sheet["sender"], vatId: string, legal: string): Part {
  const { name, street, city, zip, regId } = party;
  const address = [said("StreetName", street), said("CityName", city), said("PostalZone", zip)];
  return [
    "Party",
    [
      ["PostalAddress", [...address, ["Country", [["IdentificationCode", countryOf(party)]]]]],
      vatId === ""
        ? undefined
        : [
            "PartyTaxScheme",
            [
              ["CompanyID", bareId(vatId)],
              ["TaxScheme", [["ID", "VAT"]]],
            ],
          ],
      ["PartyLegalEntity", [["RegistrationName", name], said("CompanyID", regId), said("CompanyLegalForm", legal)]],
    ],
  ];
}

function bareId(vatId: string): string {
  return vatId.replace(/ /g, "").toUpperCase();
}

// The VAT numbers of Greece and Northern Ireland do not begin with the letters of a country.
const COUNTRIES: Readonly<Record<string, string>> = { EL: "GR", XI: "GB" };

/** The country that was said, or else that of the VAT number; "" where there is neither. */
function countryOf({ country = "", vatId }: Sheet["sender"]): string {
  if (country !== "") return country;
  const letters = /^[A-Z]{2}/.exec(bareId(vatId))?.[0] ?? "";
  return COUNTRIES[letters] ?? letters;
}

function refuseIncomplete(sheet: Sheet): void {
  const { sender, recipient, vat, reverse, client, state } = sheet;
  const missing: string[] = [];
  const [own, theirs] = ["invoice config", `client edit ${client}`];
  const need = (there: boolean, what: string, how: string): unknown => there || missing.push(`${what} (neil ${how})`);
  need(sender.name !== "", "your name", `${own} --name`);
  need(countryOf(sender) !== "", "your country", `${own} --country`);
  need(countryOf(recipient) !== "", "the client's country", `${theirs} --country`);
  const taxed = vat.length > 0 || reverse !== "";
  if (taxed) need(sender.vatId !== "", "your VAT number", `${own} --vat-id`);
  else need(sender.vatId + sender.regId !== "", "your VAT or register number", `${own} --vat-id or --reg-id`);
  if (reverse !== "") need(recipient.vatId + recipient.regId !== "", "the client's VAT number", `${theirs} --vat-id`);
  for (const [{ vatId }, whose, how] of [
    [sender, "your", own],
    [recipient, "the client's", theirs],
  ] as const) {
    const fits = vatId === "" || /^[A-Z]{2}/.test(bareId(vatId));
    need(fits, `${whose} VAT number with the two letters it begins with`, `${how} --vat-id`);
  }
  if (missing.length === 0) return;
  const then = state === "draft" ? "" : "; what was issued stays without: cancel it, and issue another";
  throw new NeilError("INCOMPLETE", `the XML of an invoice needs ${missing.join(", ")}`, {
    advice: `nothing was written; set that first${then}`,
  });
}

function said(name: string, text: string): Part | undefined {
  return text === "" ? undefined : [name, text];
}

function written(part: Part | undefined, indent: string): string {
  if (part === undefined) return "";
  const [name, content, attributes = {}] = part;
  const tag = `${typeof content === "string" ? "cbc" : "cac"}:${name}`;
  const more = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const inner =
    typeof content === "string"
      ? escaped(content)
      : `\n${content.map((each) => written(each, `${indent}  `)).join("")}${indent}`;
  return `${indent}<${tag}${more.join("")}>${inner}</${tag}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// Two code points that are none may not stand in an XML at all; controls are in no text of Neil's.
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => ENTITIES[mark] as string).replace(/[\ufffe\uffff]/g, "\ufffd");
}
