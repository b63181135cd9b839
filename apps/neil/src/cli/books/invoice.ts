/** `neil invoice`: drafts, what they come to, their issue, and what becomes of them; as text, as a page, as a PDF and as XML. */
import { EXIT } from "../../errors.js";
import { leftOut } from "../../invoice/layout.js";
import type { Sheet } from "../../invoices-contract.js";
import { dateAt } from "../../time/calendar.js";
import { type Period, parsePeriod } from "../../time/period.js";
import { ask, call } from "../call.js";
import type { Parsed } from "../command.js";
import { allInvoices } from "../entries.js";
import { COMMON } from "../globals.js";
import { usage } from "../parse.js";
import { notice, print } from "../print.js";
import { begin } from "../run/asking.js";
import { CONFIG_OPTIONS, configure } from "./invoice-config.js";
import { writeNew } from "./new-file.js";
import { choice } from "./options.js";

interface Verb {
  readonly words: readonly [least: number, most: number];
  readonly takes: string;
  readonly options: readonly string[];
  run(parsed: Parsed, words: readonly string[]): Promise<number>;
}

const VERBS = {
  list: { words: [0, 1], takes: "no word, or a CLIENT", options: [], run: list },
  draft: { words: [2, 2], takes: "CLIENT PERIOD", options: ["day-start", "dry-run"], run: draft },
  show: { words: [1, 1], takes: "an INVOICE", options: ["date"], run: show },
  issue: changing("issue", "invoice/issue"),
  paid: changing("paid", "invoice/pay"),
  unpaid: changing("unpaid", "invoice/pay"),
  cancel: changing("cancel", "invoice/cancel"),
  rm: { words: [1, 1], takes: "a draft", options: ["dry-run"], run: remove },
  html: { words: [1, 1], takes: "an INVOICE", options: ["date", "output", "force"], run: html },
  pdf: { words: [1, 1], takes: "an INVOICE", options: ["date", "output", "force"], run: pdf },
  xml: { words: [1, 1], takes: "an INVOICE", options: ["output", "force"], run: xml },
  config: { words: [0, 1], takes: "no word, or a HANDLE", options: CONFIG_OPTIONS, run: configure },
} as const satisfies Record<string, Verb>;

export async function invoice(parsed: Parsed): Promise<number> {
  const { command, words, options } = parsed;
  const [name = "list", ...rest] = words;
  const verb: Verb = VERBS[choice(command, "invoice", name, Object.keys(VERBS) as (keyof typeof VERBS)[])];
  const [least, most] = verb.words;
  if (rest.length < least || rest.length > most) {
    throw usage(command, `invoice ${name} takes ${verb.takes}, got ${rest.length} words`);
  }
  const flags = ["force", "dry-run"].filter((flag) => parsed.flag(flag));
  for (const given of [...Object.keys(options).filter((option) => !Object.hasOwn(COMMON, option)), ...flags]) {
    if (verb.options.includes(given)) continue;
    const own = verb.options.map((option) => `--${option}`).join(", ");
    throw usage(command, `invoice ${name} has no option --${given}; it has ${own || "none"}`);
  }
  return await verb.run(parsed, rest);
}

async function list({ json, here }: Parsed, [client]: readonly string[]): Promise<number> {
  const found = await allInvoices(dateAt(here.now, here).toString());
  const invoices = found.filter((head) => client === undefined || head.client === client);
  const { invoiceList } = await import("../../invoice/text.js");
  const none = "there are no invoices: make one with npx neil invoice draft CLIENT PERIOD";
  print(json, { invoices }, invoices.length === 0 ? none : invoiceList(invoices));
  return invoices.length === 0 ? EXIT.idle : EXIT.ok;
}

async function draft(parsed: Parsed, [client = "", word = ""]: readonly string[]): Promise<number> {
  const { here } = parsed;
  const { from, to, text } = parsePeriod(word, here);
  const period = { from, to, zone: here.zone, dayStart: here.dayStart ?? 0, text: datesText({ from, to, text }, here) };
  const asking = { ...begin(parsed), client, period };
  const about = await asked(parsed, "invoice/draft", asking);
  return about === undefined ? EXIT.ok : await told(parsed, about);
}

// "lastmonth" says nothing to whoever gets the invoice.
function datesText({ from, to, text }: Period, here: Parsed["here"]): string {
  if (/^\d{4}-\d\d$/.test(text)) return text;
  const [first, last] = [from, to - 1].map((at) => dateAt(at, here).toString()) as [string, string];
  if (to > here.now) return from === 0 ? `up to ${dateAt(here.now, here)}` : `${first} to ${dateAt(here.now, here)}`;
  return from === 0 ? `up to ${last}` : first === last ? first : `${first} to ${last}`;
}

function changing(verb: string, name: "invoice/issue" | "invoice/pay" | "invoice/cancel"): Verb {
  return {
    words: [1, 1],
    takes: "an INVOICE",
    options: verb === "unpaid" ? ["dry-run"] : ["date", "dry-run"],
    async run(parsed, [number = ""]) {
      const day = verb === "unpaid" ? "" : dayOf(parsed);
      // What is not on it is not on the issued one either: nobody should have to remember the draft.
      const left = verb === "issue" ? leftOut(await sheetOf(parsed, number)) : [];
      const about = await asked(parsed, name, { ...begin(parsed), number, day });
      for (const line of left) notice(line);
      return about === undefined ? EXIT.ok : await told(parsed, about);
    },
  };
}

async function remove(parsed: Parsed, [number = ""]: readonly string[]): Promise<number> {
  const about = await asked(parsed, "invoice/remove", { ...begin(parsed), number });
  if (about !== undefined) print(parsed.json, { removed: about }, `gone: ${about}`);
  return EXIT.ok;
}

interface Asking {
  readonly command: string;
  readonly dryRun?: boolean;
  readonly [field: string]: unknown;
}

type Change = "invoice/draft" | "invoice/issue" | "invoice/pay" | "invoice/cancel" | "invoice/remove";

// Gives the number that it is about; after a dry run there is nothing more to tell.
async function asked(parsed: Parsed, name: Change, input: Asking): Promise<string | undefined> {
  const outcome = await ask(name, input as never, parsed.here.now);
  // Nothing of invoices waits for a server.
  const about = "done" in outcome ? outcome.done.about : "";
  if (input.dryRun !== true) return about;
  print(
    parsed.json,
    { dryRun: true, act: name, number: about },
    `would do this, nothing was written:\n${name} ${about}`,
  );
  return undefined;
}

async function told(parsed: Parsed, number: string): Promise<number> {
  const sheet = await sheetOf(parsed, number);
  const { invoiceText } = await import("../../invoice/text.js");
  print(parsed.json, { invoice: sheet }, invoiceText(sheet));
  return EXIT.ok;
}

async function show(parsed: Parsed, [number = ""]: readonly string[]): Promise<number> {
  return await told(parsed, number);
}

async function html(parsed: Parsed, [number = ""]: readonly string[]): Promise<number> {
  const { invoiceHtml } = await import("../../invoice/html.js");
  return await written(parsed, number, "html", async (sheet) => invoiceHtml(sheet));
}

async function pdf(parsed: Parsed, [number = ""]: readonly string[]): Promise<number> {
  return await written(parsed, number, "pdf", async (sheet) => {
    const { invoicePdf } = await import("../../invoice/pdf.js");
    return await invoicePdf(sheet);
  });
}

async function xml(parsed: Parsed, [number = ""]: readonly string[]): Promise<number> {
  const { invoiceXml } = await import("../../invoice/xml.js");
  return await written(parsed, number, "xml", async (sheet) => invoiceXml(sheet));
}

async function written(
  parsed: Parsed,
  number: string,
  suffix: string,
  content: (sheet: Sheet) => Promise<string | Uint8Array>,
): Promise<number> {
  const file = parsed.options.output ?? `${number.replaceAll("/", "-")}.${suffix}`;
  await writeNew(parsed, file, await content(await sheetOf(parsed, number)));
  print(parsed.json, { invoice: number, file }, `${number} written to ${file}`);
  return EXIT.ok;
}

function sheetOf(parsed: Parsed, number: string): Promise<Sheet> {
  return call((neil, options) => neil.invoice({ number, day: dayOf(parsed) }, options));
}

/** The day that --date says, or today. */
function dayOf({ options, here }: Parsed): string {
  const at = options.date === undefined ? here.now : parsePeriod(options.date, { ...here, dayStart: 0 }).from;
  return dateAt(at, { ...here, dayStart: 0 }).toString();
}
