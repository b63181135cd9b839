import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { newHome, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** An element as a parser gives it: its name with that of its space, its texts, what is in it. */
interface Node {
  readonly name: string;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
}

const WORK = `i 2026-10-05 09:00:00 acme:site:header
o 2026-10-05 10:35:00
i 2026-10-06 22:00:00 acme:site:footer
o 2026-10-06 22:07:00
i 2026-10-12 09:00:00 acme:mail:work
o 2026-10-12 09:12:11
i 2026-10-13 09:00:00 acme:gift:work
o 2026-10-13 10:00:00
i 2026-10-14 09:00:00 beta:api:auth
o 2026-10-14 10:01:00
i 2026-10-15 09:00:00 kuwait:ops:night
o 2026-10-15 10:00:00
i 2026-10-15 11:00:00 kuwait:later:night
o 2026-10-15 12:00:00
i 2026-10-16 09:00:00 small:shop:till
o 2026-10-16 10:00:00
`;

let server: Server;
let browser: Browser;
beforeAll(async () => {
  const home = newHome();
  writeFileSync(join(home, "clock"), "2026-11-02T09:00:00Z");
  server = await startServer(home, { NEIL_CLOCK: join(home, "clock"), TZ: "Europe/Prague" });
  writeFileSync(join(home, "work.timeclock"), WORK);
  await server.json("import", "timeclock", join(home, "work.timeclock"));
  const sender = ["--name", 'Žofie & "Dvořáková"', "--street", "Dlouhá 1", "--zip", "110 00", "--city", "Praha"];
  await server.json("invoice", "config", ...sender, "--vat", "21", "--bank", "CZ65 0800 0000 1920 0014 5399");
  if (!withoutChromium) browser = await chromium.launch(launch);
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

const file = (name: string): string => join(server.home, name);

async function refused(...words: string[]): Promise<[exit: number | null, code: unknown, message: string]> {
  const { exit, stdout } = await server.neil(...words, "--json");
  const { error } = JSON.parse(stdout) as { error?: { code: string; message: string } };
  return [exit, error?.code, error?.message ?? ""];
}

async function issued(client: string): Promise<string> {
  const { invoice } = await server.json<{ invoice: { number: string } }>("invoice", "draft", client, "2026-10");
  return (await server.json<{ invoice: { number: string } }>("invoice", "issue", invoice.number)).invoice.number;
}

/** The document as a browser's XML parser reads it, which takes nothing that is not well formed. */
async function read(number: string): Promise<Node> {
  const { exit, stderr } = await server.neil("invoice", "xml", number, "--output", file(`${number}.xml`));
  expect([exit, stderr]).toEqual([0, ""]);
  const page = await browser.newPage();
  const root = await page.evaluate(
    (xml) => {
      const spaces: Record<string, string> = {};
      for (const each of ["Invoice-2", "CreditNote-2"]) spaces[each] = "";
      spaces["CommonAggregateComponents-2"] = "cac:";
      spaces["CommonBasicComponents-2"] = "cbc:";
      const node = (element: Element): Node => ({
        name: `${spaces[element.namespaceURI?.replace("urn:oasis:names:specification:ubl:schema:xsd:", "") ?? ""]}${element.localName}`,
        text: element.children.length > 0 ? "" : (element.textContent ?? ""),
        attributes: Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value])),
        children: [...element.children].map(node),
      });
      return node(new DOMParser().parseFromString(xml, "application/xml").documentElement);
    },
    readFileSync(file(`${number}.xml`), "utf8"),
  );
  await page.close();
  return root;
}

function all(node: Node, path: string): Node[] {
  return path
    .split("/")
    .reduce<Node[]>(
      (nodes, name) => nodes.flatMap(({ children }) => children.filter((each) => each.name.slice(4) === name)),
      [node],
    );
}

const text = (node: Node, path: string): string | undefined => all(node, path)[0]?.text;
const texts = (node: Node, path: string): string[] => all(node, path).map((each) => each.text);
const cents = (node: Node, path: string): number => Math.round(Number(text(node, path)) * 100);
const sum = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

// As the schemas of UBL 2.1 have them, in this order.
const ROOT = [
  ...["CustomizationID", "ID", "IssueDate", "DueDate", "InvoiceTypeCode", "CreditNoteTypeCode", "Note"],
  ...["DocumentCurrencyCode", "InvoicePeriod", "BillingReference", "AccountingSupplierParty"],
  ...["AccountingCustomerParty", "PaymentMeans", "PaymentTerms", "TaxTotal", "LegalMonetaryTotal"],
  ...["InvoiceLine", "CreditNoteLine"],
];

/** The rules of EN 16931 that hold for every invoice. */
function checkRules(root: Node): void {
  const credit = root.name === "CreditNote";
  const order = root.children.map(({ name }) => ROOT.indexOf(name.slice(4)));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(Math.min(...order)).toBe(0);
  for (const part of ["CustomizationID", "ID", "IssueDate", "DocumentCurrencyCode"])
    expect(text(root, part)).toBeTruthy();
  expect(text(root, credit ? "CreditNoteTypeCode" : "InvoiceTypeCode")).toBe(credit ? "381" : "380");
  expect(text(root, "DueDate") ?? text(root, "PaymentTerms/Note")).toBeTruthy();
  for (const side of ["AccountingSupplierParty/Party", "AccountingCustomerParty/Party"]) {
    expect(text(root, `${side}/PartyLegalEntity/RegistrationName`)).toBeTruthy();
    expect(text(root, `${side}/PostalAddress/Country/IdentificationCode`)).toMatch(/^[A-Z]{2}$/);
  }
  const lines = all(root, credit ? "CreditNoteLine" : "InvoiceLine");
  const groups = all(root, "TaxTotal/TaxSubtotal");
  const total = (name: string): number => cents(root, `LegalMonetaryTotal/${name}`);
  // BR-CO-10, 13, 14, 15, 16.
  expect(total("LineExtensionAmount")).toBe(sum(lines.map((line) => cents(line, "LineExtensionAmount"))));
  expect(total("TaxExclusiveAmount")).toBe(total("LineExtensionAmount"));
  expect(cents(root, "TaxTotal/TaxAmount")).toBe(sum(groups.map((group) => cents(group, "TaxAmount"))));
  expect(total("TaxInclusiveAmount")).toBe(total("TaxExclusiveAmount") + cents(root, "TaxTotal/TaxAmount"));
  expect(total("PayableAmount")).toBe(total("TaxInclusiveAmount"));
  const key = (node: Node, path: string): string =>
    `${text(node, `${path}/ID`)} ${text(node, `${path}/Percent`) ?? "none"}`;
  for (const group of groups) {
    const own = lines.filter((line) => key(line, "Item/ClassifiedTaxCategory") === key(group, "TaxCategory"));
    const net = sum(own.map((line) => cents(line, "LineExtensionAmount")));
    expect(cents(group, "TaxableAmount")).toBe(net);
    // BR-CO-17.
    expect(cents(group, "TaxAmount")).toBe(Math.round((net * Number(text(group, "TaxCategory/Percent") ?? 0)) / 100));
  }
  expect(new Set(groups.map((group) => key(group, "TaxCategory"))).size).toBe(groups.length);
  for (const line of lines) {
    const quantity = all(line, credit ? "CreditedQuantity" : "InvoicedQuantity")[0] as Node;
    const base = all(line, "Price/BaseQuantity")[0] as Node;
    expect(base.attributes).toEqual(quantity.attributes);
    const amount = (Number(quantity.text) * Number(text(line, "Price/PriceAmount")) * 100) / Number(base.text);
    // Yens are whole.
    const unit = text(root, "DocumentCurrencyCode") === "JPY" ? 100 : 1;
    expect(cents(line, "LineExtensionAmount")).toBe(Math.round(amount / unit) * unit);
    expect(Number(quantity.text)).toBeGreaterThan(0);
  }
}

describe.skipIf(withoutChromium)("the XML of an invoice", () => {
  test("is not made while what its norm asks for is missing, and names all of that", async () => {
    await server.json("rate", "set", "acme", "50.05EUR/h");
    await server.json("invoice", "config", "acme", "--round", "1s:nearest/total");
    await server.json("invoice", "config", "acme/mail", "--vat", "12.5");
    await server.json("invoice", "config", "acme/gift", "--vat", "0");
    await server.json("invoice", "draft", "acme", "2026-10");
    const make = ["invoice", "xml", "draft-1", "--output", file("none.xml")];
    const [exit, code, message] = await refused(...make);
    expect([exit, code]).toEqual([3, "INCOMPLETE"]);
    for (const part of ["your country", "the client's country", "your VAT number"]) expect(message).toContain(part);
    await server.json("invoice", "config", "--vat-id", "12345678", "--country", "cz");
    await server.json("client", "edit", "acme", "--title", "Acme <b>& ]]> Söhne</b>", "--vat-id", "EL 99");
    expect((await refused(...make)).slice(1)).toEqual(["INCOMPLETE", expect.stringContaining("two letters")]);
    await server.json("invoice", "config", "--vat-id", "CZ 12345678");
    // An XML has no stamp over it that says draft.
    expect((await refused(...make))[1]).toBe("UNWRITABLE");
    expect(existsSync(file("none.xml"))).toBe(false);
    expect((await server.neil("client", "edit", "acme", "--country", "EU")).exit).toBe(2);
    await server.json("invoice", "rm", "draft-1");
  });

  test("has every part that its norm asks for, and sums that follow from its lines", async () => {
    const root = await read(await issued("acme"));
    expect(root.name).toBe("Invoice");
    checkRules(root);
    expect(text(root, "CustomizationID")).toBe("urn:cen.eu:en16931:2017");
    expect([text(root, "ID"), text(root, "IssueDate"), text(root, "DueDate")]).toEqual([
      ...["2026-001", "2026-11-02", "2026-11-16"],
    ]);
    const [seller, buyer] = ["AccountingSupplierParty/Party", "AccountingCustomerParty/Party"];
    expect(text(root, `${seller}/PartyLegalEntity/RegistrationName`)).toBe('Žofie & "Dvořáková"');
    expect(text(root, `${buyer}/PartyLegalEntity/RegistrationName`)).toBe("Acme <b>& ]]> Söhne</b>");
    expect(texts(root, `${seller}/PostalAddress/StreetName`)).toEqual(["Dlouhá 1"]);
    expect(text(root, `${seller}/PartyTaxScheme/CompanyID`)).toBe("CZ12345678");
    // Without one that was set, the country is that of the VAT number.
    expect(text(root, `${buyer}/PostalAddress/Country/IdentificationCode`)).toBe("GR");
    expect(text(root, "PaymentMeans/PayeeFinancialAccount/ID")).toBe("CZ6508000000192000145399");
    expect(text(root, "PaymentMeans/PaymentID")).toBe("2026-001");
    expect([text(root, "InvoicePeriod/StartDate"), text(root, "InvoicePeriod/EndDate")]).toEqual([
      ...["2026-10-01", "2026-10-13"],
    ]);
    expect(texts(root, "InvoiceLine/Item/Name")).toEqual(["gift/work", "mail/work", "site/footer", "site/header"]);
    const quantities = all(root, "InvoiceLine/InvoicedQuantity");
    expect(quantities.map((each) => [each.text, each.attributes.unitCode])).toEqual([
      ...[
        ["1", "HUR"],
        ["731", "SEC"],
        ["7", "MIN"],
        ["95", "MIN"],
      ],
    ]);
    expect(texts(root, "TaxTotal/TaxSubtotal/TaxCategory/ID")).toEqual(["S", "S", "Z"]);
    expect(texts(root, "TaxTotal/TaxSubtotal/TaxCategory/Percent")).toEqual(["21", "12.5", "0"]);
    const { invoice } = await server.json<{ invoice: { total: number } }>("invoice", "show", "2026-001");
    expect(cents(root, "LegalMonetaryTotal/PayableAmount")).toBe(invoice.total);
  });

  test("of a credit note says positive amounts, and what it cancels", async () => {
    await server.json("invoice", "cancel", "2026-001");
    const [invoice, credit] = [await read("2026-001").catch(() => undefined), await read("2026-002")];
    // There was a file already.
    expect(invoice).toBeUndefined();
    expect(credit.name).toBe("CreditNote");
    checkRules(credit);
    expect(text(credit, "BillingReference/InvoiceDocumentReference/ID")).toBe("2026-001");
    expect(cents(credit, "LegalMonetaryTotal/PayableAmount")).toBeGreaterThan(0);
    expect(readFileSync(file("2026-002.xml"), "utf8")).not.toMatch(/>-/);
  });

  test("says why there is no VAT: the recipient accounts for it, or nobody does", async () => {
    await server.json("rate", "set", "beta", "4001JPY/h");
    await server.json("invoice", "config", "beta", "--reverse-charge", "on");
    await server.json("client", "edit", "beta", "--country", "JP");
    await server.json("invoice", "draft", "beta", "2026-10");
    expect((await refused("invoice", "xml", "draft-1"))[2]).toContain("the client's VAT number");
    await server.json("client", "edit", "beta", "--vat-id", "JP1");
    await server.json("invoice", "rm", "draft-1");
    const reverse = await read(await issued("beta"));
    checkRules(reverse);
    const group = all(reverse, "TaxTotal/TaxSubtotal/TaxCategory")[0] as Node;
    expect(["ID", "Percent", "TaxExemptionReasonCode"].map((name) => text(group, name))).toEqual([
      ...["AE", "0", "VATEX-EU-AE"],
    ]);
    expect(text(group, "TaxExemptionReason")).toContain("Reverse charge");
    // An hour and a minute at 4001 are 4067.68.
    expect(text(reverse, "LegalMonetaryTotal/PayableAmount")).toBe("4068");

    await server.json("rate", "set", "small", "10EUR/h");
    await server.json("client", "edit", "small", "--country", "uk", "--vat-id", "GB1");
    await server.json("invoice", "config", "--vat", "0", "--vat-id", "-", "--reg-id", "77");
    const none = await read(await issued("small"));
    checkRules(none);
    expect(texts(none, "TaxTotal/TaxSubtotal/TaxCategory/ID")).toEqual(["O"]);
    expect(texts(none, "TaxTotal/TaxSubtotal/TaxCategory/Percent")).toEqual([]);
    expect(text(none, "AccountingSupplierParty/Party/PartyLegalEntity/CompanyID")).toBe("77");
    // Where nobody is asked for VAT, no VAT number may stand.
    expect(texts(none, "AccountingCustomerParty/Party/PartyTaxScheme/CompanyID")).toEqual([]);
    expect(text(none, "AccountingCustomerParty/Party/PostalAddress/Country/IdentificationCode")).toBe("GB");
  });

  test("has no thousandths: what comes to some is refused, what comes to none is not", async () => {
    await server.json("client", "edit", "kuwait", "--country", "KW");
    await server.json("rate", "set", "kuwait", "12.340KWD/h");
    await server.json("rate", "set", "kuwait/later", "12.345KWD/h");
    const number = await issued("kuwait");
    const [exit, code, message] = await refused("invoice", "xml", number, "--output", file("none.xml"));
    expect([exit, code, message]).toEqual([3, "UNWRITABLE", expect.stringContaining("24.685 KWD")]);
    expect(existsSync(file("none.xml"))).toBe(false);
    await server.json("invoice", "cancel", number);
    await server.json("rate", "set", "kuwait/later", "12.350KWD/h");
    const root = await read(await issued("kuwait"));
    checkRules(root);
    expect(texts(root, "InvoiceLine/LineExtensionAmount")).toEqual(["12.35", "12.34"]);
  });
});
