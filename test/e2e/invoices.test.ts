import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { chromium } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { newHome, type Server, startServer } from "./harness.js";

// Each command is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Sheet {
  number: string;
  state: string;
  next: string;
  issuedOn: string;
  due: string;
  total: number;
  net: number;
  currency: string;
  counterpart: string;
  recipient: Record<string, string>;
  lines: { text: string; ms: number; billedMs: number; rate: number; vat: number; minor: number }[];
  vat: { rate: number; net: number; minor: number }[];
  left: { handle: string; why: string; intervals: number }[];
}

const WORK = `i 2026-10-05 09:00:00 acme:site:header
o 2026-10-05 10:35:00
i 2026-10-06 22:00:00 acme:site:header
o 2026-10-07 01:10:00
i 2026-10-12 09:00:00 acme:mail:work
o 2026-10-12 09:12:00
i 2026-10-13 09:00:00 acme:gift:work
o 2026-10-13 10:00:00
i 2026-10-31 23:00:00 acme:site:header
o 2026-11-01 00:30:00
i 2026-10-14 09:00:00 beta:api:auth
o 2026-10-14 10:00:00
`;

const HOUR = 3_600_000;
const NOW = "2026-11-02T09:00:00Z";
let server: Server;
let setClock: (time: string) => void;
beforeAll(async () => {
  const home = newHome();
  setClock = (time) => writeFileSync(join(home, "clock"), time);
  setClock(NOW);
  server = await startServer(home, { NEIL_CLOCK: join(home, "clock"), TZ: "Europe/Prague" });
  const file = join(home, "work.timeclock");
  writeFileSync(file, WORK);
  await server.json("import", "timeclock", file);
});
afterAll(async () => {
  await server?.end();
});

async function sheet(...words: string[]): Promise<Sheet> {
  const answer = await server.json<{ invoice?: Sheet }>("invoice", ...words);
  if (answer.invoice === undefined) throw new Error(`invoice ${words.join(" ")}: ${JSON.stringify(answer)}`);
  return answer.invoice;
}

async function refused(...words: string[]): Promise<[exit: number | null, code: unknown, message: string]> {
  const { exit, stdout } = await server.neil(...words, "--json");
  const { error } = JSON.parse(stdout) as { error?: { code: string; message: string } };
  return [exit, error?.code, error?.message ?? ""];
}

describe("an invoice", () => {
  test("is drawn with what it would say, and is not issued without a rate for all of it or a sender", async () => {
    await server.json("rate", "set", "acme/site", "50EUR/h");
    await server.json("edit", await idOf("gift"), "--unbillable");
    const draft = await sheet("draft", "acme", "2026-10");
    // Whole intervals that begin in the month; each is in one month only.
    expect(draft).toMatchObject({ state: "draft", number: "draft-1", next: "2026-001", currency: "EUR" });
    expect(draft.lines).toEqual([
      { text: "site/header", ms: 6.25 * HOUR, billedMs: 6.25 * HOUR, rate: 5000, vat: 0, minor: 31_250 },
    ]);
    expect(draft.left).toMatchObject([
      { handle: "acme/gift/work", why: "it is not billable" },
      { handle: "acme/mail/work", why: "it has no rate" },
    ]);
    expect(await refused("invoice", "issue", "draft-1")).toMatchObject([
      ...[3, "INCOMPLETE"],
      expect.stringContaining("acme/mail/work: it has no rate"),
    ]);
    await server.json("rate", "set", "acme/mail", "1000CZK/h");
    expect((await sheet("show", "draft-1")).left).toContainEqual(
      expect.objectContaining({ handle: "acme/mail/work", why: "its rate is in CZK" }),
    );
    await server.json("rate", "set", "acme", "75EUR/h");
    await server.json("rate", "rm", "acme/mail");
    expect(await refused("invoice", "issue", "draft-1")).toMatchObject([
      3,
      "INCOMPLETE",
      expect.stringMatching(/--name/),
    ]);
  });

  test("has a line for each rate, times rounded once a line as agreed, and VAT on their sum", async () => {
    await server.json("rate", "set", "acme/site", "60.01EUR/h", "--from", "2026-10-06");
    await server.json("invoice", "config", "--name", "Žofie Dvořáková", "--vat", "21", "--due", "10");
    await server.json("invoice", "config", "acme", "--round", "15m:up/day");
    await server.json("invoice", "config", "acme/mail", "--vat", "12.5");
    await server.json("client", "edit", "acme", "--title", "Acme <b>& Söhne</b>", "--city", "Brno");
    const { lines, vat, total, net, due, issuedOn } = await sheet("show", "draft-1");
    expect(lines).toEqual([
      { text: "mail/work", ms: 0.2 * HOUR, billedMs: 0.25 * HOUR, rate: 7500, vat: 1250, minor: 1875 },
      { text: "site/header", ms: (95 / 60) * HOUR, billedMs: 1.75 * HOUR, rate: 5000, vat: 2100, minor: 8750 },
      // Two hours and 1:15 on two days, then one hour and half an hour: 4:45 at 60.01 are 285.0475.
      { text: "site/header", ms: (280 / 60) * HOUR, billedMs: 4.75 * HOUR, rate: 6001, vat: 2100, minor: 28_505 },
    ]);
    // 372.55 at 21 % are 78.2355, 18.75 at 12.5 % are 2.34375.
    expect(vat).toEqual([
      { rate: 2100, net: 37_255, minor: 7824 },
      { rate: 1250, net: 1875, minor: 234 },
    ]);
    expect([net, total]).toEqual([39_130, 39_130 + 7824 + 234]);
    expect([issuedOn, due]).toEqual(["2026-11-02", "2026-11-12"]);
    // The report of the same work says the same.
    const { money } = await server.json<{ money: unknown }>(
      ...["report", "2026-10..2026-11-01", "client:acme", "--unbilled", "--round", "15m:up/day"],
    );
    expect(money).toEqual({ EUR: 39_130 });
  });

  test("is frozen with its number when it is issued: names, addresses and terms may change, it does not", async () => {
    expect(await server.json("invoice", "issue", "draft-1", "--dry-run")).toMatchObject({ number: "2026-001" });
    const { stdout, stderr } = await server.neil("invoice", "issue", "draft-1", "--json");
    expect(stderr).toBe("neil: left out: acme/gift/work, 1:00: it is not billable\n");
    const { invoice: issued } = JSON.parse(stdout) as { invoice: Sheet };
    expect(issued).toMatchObject({ state: "issued", number: "2026-001", total: 47_188, left: [] });
    await server.json("client", "rename", "acme", "acme-now");
    await server.json("client", "edit", "acme-now", "--title", "Another", "--city", "Praha");
    await server.json("invoice", "config", "--vat", "10", "--name", "Somebody", "--due", "30");
    const { client: _, ...after } = (await sheet("show", "2026-001")) as Sheet & { client: string };
    const { client: __, ...before } = issued as Sheet & { client: string };
    expect(after).toEqual(before);
    for (const _ of ["config", "edit", "rename"]) await server.json("undo");
    expect(await refused("undo")).toMatchObject([3, "LOCKED", expect.stringContaining("neil invoice cancel 2026-001")]);
    expect(await refused("invoice", "issue", "2026-001")).toMatchObject([3, "ALREADY", expect.anything()]);
    expect(await refused("invoice", "rm", "2026-001")).toMatchObject([3, "LOCKED", expect.anything()]);
  });

  test("refuses whatever would change what stands on it, and names it", async () => {
    const file = join(server.home, "over.timeclock");
    writeFileSync(file, "i 2026-10-05 10:00:00 beta:api:auth\no 2026-10-05 11:00:00\n");
    const before = await server.json("log", "all");
    const [id = "", other = ""] = await idsOf("site");
    const tries = [
      ...[`edit ${id} --note x`, `edit ${id} --start 2026-10-05T08:00`, `rm ${id}`, `split ${id} 2026-10-05T09:30`],
      ...[`join ${id} ${other}`, `move ${id} +15m`, `move ${id} beta/api/auth`, "note @6 x", "tag @6 +x"],
      ...["", " --trim", " --replace"].map((how) => `add beta/api/auth 2026-10-05 08:30-11:00${how}`),
      ...["rate set acme/site 1EUR/h", "rate rm acme/site --from 2026-10-06"],
      "rate set acme/site/header 1EUR/h --from 2026-10-31",
      ...["task merge acme/site/header acme/mail/work", "project merge acme/site beta/api", "client merge acme beta"],
    ];
    for (const words of tries) {
      const answer = [words, ...(await refused(...words.split(" ")))];
      expect(answer).toEqual([words, 3, "LOCKED", expect.stringContaining("2026-001")]);
    }
    // An import lists what it leaves out.
    expect((await server.neil("import", "timeclock", file)).stdout).toMatch(/overlaps what is there: .* on 2026-001/);
    expect(await server.json("log", "all")).toEqual(before);
  });

  test("leaves what is not on it to the next, which a rate from a later day on may price anew", async () => {
    const unbilled = async (): Promise<unknown[]> =>
      (await server.json<{ totals: { keys: string[] }[] }>("report", "--unbilled")).totals.map(({ keys }) => keys[0]);
    expect(await unbilled()).toEqual(["beta/api"]);
    expect((await server.json("rate", "set", "acme", "90EUR/h", "--from", "2026-11-01")) as object).toMatchObject({
      rate: { minor: 9000 },
    });
    expect(await refused("invoice", "draft", "acme", "2026-10")).toMatchObject([
      ...[1, "NOT_FOUND"],
      expect.stringContaining("it is on 2026-001"),
    ]);
    const { stdout } = await server.neil("log", "2026-10");
    expect(stdout.match(/on 2026-001/g)).toHaveLength(4);
    const exported = await server.neil("export", "json", "--unbilled");
    expect((JSON.parse(exported.stdout) as { client: string }[]).map(({ client }) => client)).toEqual(["beta"]);
  });

  test("is paid and unpaid, and canceled by a credit note that lets its work go", async () => {
    expect(await sheet("paid", "2026-001", "--date", "2026-11-01")).toMatchObject({ state: "paid" });
    await server.json("undo");
    expect(await sheet("paid", "2026-001")).toMatchObject({ state: "paid", paidOn: "2026-11-02" });
    expect(await sheet("unpaid", "2026-001")).toMatchObject({ state: "issued", paidOn: "" });
    const credit = await sheet("cancel", "2026-001");
    expect(credit).toMatchObject({ number: "2026-002", counterpart: "2026-001", total: -47_188, net: -39_130 });
    expect(await sheet("show", "2026-001")).toMatchObject({
      state: "canceled",
      counterpart: "2026-002",
      total: 47_188,
    });
    for (const words of [["undo"], ["invoice", "cancel", "2026-001"], ["invoice", "cancel", "2026-002"]]) {
      expect((await refused(...words))[0], words.join(" ")).toBe(3);
    }
    const [id] = await idsOf("site");
    expect(await server.json("edit", id as string, "--note", "free again")).toMatchObject({
      intervals: [{ note: "free again" }],
    });
    expect(await server.json("rate", "set", "acme/site", "55EUR/h")).toMatchObject({ rate: { minor: 5500 } });
    const next = await sheet("draft", "acme", "lastmonth");
    expect(next).toMatchObject({ number: "draft-1", next: "2026-003", period: "2026-10-01 to 2026-10-31" });
    expect((await sheet("issue", "draft-1")).number).toBe("2026-003");
  });

  test("is without VAT where the recipient accounts for it, and says so", async () => {
    await server.json("rate", "set", "beta", "4000JPY/h");
    await server.json("invoice", "config", "beta", "--reverse-charge", "on");
    await server.json("invoice", "draft", "beta", "2026-10");
    const { stdout } = await server.neil("invoice", "show", "draft-1");
    expect(stdout).toContain("Reverse charge");
    expect(stdout).toMatch(/Total +4000$/m);
    expect(await sheet("show", "draft-1")).toMatchObject({ vat: [], total: 4000, currency: "JPY" });
    await server.json("invoice", "rm", "draft-1");
    await server.json("undo");
    expect(await sheet("show", "draft-1")).toMatchObject({ total: 4000 });
  });

  test("is numbered as a pattern says, from a first number on, and each year anew", async () => {
    await server.json("invoice", "config", "--pattern", "F{NN}/{YY}", "--first", "17");
    expect((await sheet("issue", "draft-1")).number).toBe("F17/26");
    setClock("2027-01-02T09:00:00Z");
    expect((await sheet("cancel", "F17/26")).number).toBe("F01/27");
    setClock(NOW);
    expect(await refused("invoice", "config", "--first", "3")).toMatchObject([3, "ALREADY", expect.anything()]);
    const { exit, stderr } = await server.neil("invoice", "config", "--pattern", "no number");
    expect([exit, stderr]).toEqual([2, expect.stringContaining("--pattern takes letters")]);
    expect((await server.neil("invoice", "config", "--pattern=-{NNN}")).exit).toBe(2);
  });

  test("is issued and canceled on no day before that of the last number, nor on one to come", async () => {
    const { number } = await sheet("draft", "beta", "2026-10");
    for (const [words, day] of [
      ...[
        [["issue", number], "2026-11-01"],
        [["issue", number], "2026-11-04"],
      ],
      ...[
        [["cancel", "2026-003"], "2026-11-01"],
        [["cancel", "2026-003"], "2026-11-04"],
      ],
    ] as [string[], string][]) {
      expect((await refused("invoice", ...words, "--date", day)).slice(0, 2), day).toEqual([3, "BAD_DAY"]);
    }
    // Another series has days of its own.
    await server.json("invoice", "config", "--pattern", "{yy}-x{nn}");
    expect((await sheet("issue", number, "--date", "2026-01-05")).number).toBe("26-x01");
    expect((await refused("invoice", "cancel", "26-x01", "--date", "2026-01-04"))[1]).toBe("BAD_DAY");
    expect((await sheet("cancel", "26-x01", "--date", "2026-01-05")).number).toBe("26-x02");
    await server.json("invoice", "config", "--pattern", "F{NN}/{YY}");
    expect(await server.neil("doctor")).toMatchObject({ stdout: "all is well\n" });
  });

  test("refuses words and options that the verb does not have, and says what is near", async () => {
    const said = async (...words: string[]): Promise<string> => (await server.neil("invoice", ...words)).stderr;
    expect(await said("ishue", "draft-1")).toContain('did you mean "issue"?');
    expect(await said("show", "2026-01")).toContain("did you mean 2026-001?");
    expect(await said("show", "2026-001", "--vat", "3")).toContain("show has no option --vat");
    expect(await said("issue")).toContain("takes an INVOICE");
    expect(await said("draft", "acme/site", "2026-10")).toContain("an invoice is a client's");
    expect(await said("config", "acme", "--city", "Brno")).toContain("neil client edit acme");
    expect(await said("config", "--vat", "lots")).toContain("--vat takes a percentage");
  });
});

describe("an invoice as a file", () => {
  const file = (name: string): string => join(server.home, name);

  async function pages(name: string): Promise<string[]> {
    const document = await getDocument({ data: new Uint8Array(readFileSync(file(name))), verbosity: 0 }).promise;
    const texts: string[] = [];
    for (let n = 1; n <= document.numPages; n++) {
      const { items } = await (await document.getPage(n)).getTextContent();
      texts.push(items.map((item) => ("str" in item ? item.str : "")).join(" "));
    }
    await document.destroy();
    return texts;
  }

  test("is a PDF whose text another reader reads, with the letters of every name", async () => {
    const { stdout, exit } = await server.neil("invoice", "pdf", "2026-001", "--output", file("one.pdf"));
    expect([exit, stdout]).toEqual([0, `2026-001 written to ${file("one.pdf")}\n`]);
    const [text = "", ...more] = await pages("one.pdf");
    expect(more).toEqual([]);
    for (const part of ["Invoice 2026-001", "Canceled by 2026-002", "Žofie Dvořáková", "Acme <b>& Söhne</b>"]) {
      expect(text).toContain(part);
    }
    for (const part of ["site/header", "4:40", "4:45", "60.01", "285.05", "VAT 21 % of 372.55", "471.88 EUR"]) {
      expect(text).toContain(part);
    }
    expect(readFileSync(file("one.pdf")).toString("latin1")).toContain("DejaVuSans");
  });

  test("is no PDF where its font has not all the letters, which its page shows", async () => {
    await server.json("client", "edit", "beta", "--title", "東京 Ltd");
    const { number } = await sheet("draft", "beta", "2026-10");
    const [exit, code, message] = await refused("invoice", "pdf", number, "--output", file("none.pdf"));
    expect([exit, code, message]).toEqual([3, "UNWRITABLE", expect.stringContaining("東 京")]);
    expect(existsSync(file("none.pdf"))).toBe(false);
    await server.json("invoice", "html", number, "--output", file("beta.html"));
    expect(readFileSync(file("beta.html"), "utf8")).toContain("東京 Ltd");
    await server.json("invoice", "rm", number);
    await server.json("client", "edit", "beta", "--title", "-");
  });

  test("is never written over one that is there, unless that is said", async () => {
    const before = readFileSync(file("one.pdf"));
    expect(await refused("invoice", "pdf", "2026-002", "--output", file("one.pdf"))).toMatchObject([
      ...[2, "BAD_FILE"],
      expect.stringContaining("it is there already"),
    ]);
    expect(readFileSync(file("one.pdf")).equals(before)).toBe(true);
    await server.json("invoice", "pdf", "2026-002", "--output", file("one.pdf"), "--force");
    expect((await pages("one.pdf"))[0]).toContain("Credit note 2026-002");
  });

  test("goes on on a next page with its heading, and loses no line", async () => {
    const work = Array.from({ length: 70 }, (_, n) => {
      const day = String((n % 28) + 1).padStart(2, "0");
      const hour = 10 + Math.floor(n / 28);
      return `i 2026-09-${day} ${hour}:00:00 long:site:task-${n}\no 2026-09-${day} ${hour}:30:00\n`;
    });
    writeFileSync(file("long.timeclock"), work.join(""));
    await server.json("import", "timeclock", file("long.timeclock"));
    await server.json("rate", "set", "long", "10EUR/h");
    const { number } = await sheet("draft", "long", "2026-09");
    await server.json("invoice", "pdf", number, "--output", file("long.pdf"));
    const texts = await pages("long.pdf");
    expect(texts.length).toBeGreaterThan(1);
    for (const [at, text] of texts.entries()) expect(text).toContain(`page ${at + 1} of ${texts.length}`);
    expect(texts[1]).toContain("Worked");
    const all = texts.join(" ");
    for (let n = 0; n < 70; n++) expect(all).toMatch(new RegExp(`site/task-${n}\\b`));
    expect(all).toContain("Draft");
  });

  test.skipIf(withoutChromium)("is a page that runs nothing of what was typed, and fits its paper", async () => {
    await server.json("invoice", "html", "2026-001", "--output", file("one.html"));
    const text = readFileSync(file("one.html"), "utf8");
    expect(text).not.toMatch(/<script|<b>|javascript:/);
    await using browser = await chromium.launch(launch);
    const page = await browser.newPage({ viewport: { width: 360, height: 700 } });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${file("one.html")}`);
    expect(asked).toHaveLength(1);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Invoice 2026-001 Canceled by 2026-002");
    expect(await page.getByText("Acme <b>& Söhne</b>").count()).toBe(1);
    expect(await page.getByRole("row").last().textContent()).toBe("Total471.88 EUR");
    await page.setViewportSize({ width: 794, height: 1123 });
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  test.skipIf(withoutChromium)(
    "leaves Neil's page in step: it opens on an office with invoices, and follows new ones",
    async () => {
      await using browser = await chromium.launch(launch);
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(server.page);
      await page.getByText("Nothing is running.").waitFor();
      const draft = await sheet("draft", "long", "2026-09");
      await server.json("invoice", "issue", draft.number);
      await server.neil("start", "acme/site/header");
      await page.locator("#task").getByText("acme/site/header").waitFor();
      await server.neil("stop");
      await page.getByText("Nothing is running.").waitFor();
      expect(errors).toEqual([]);
    },
  );
});

async function idsOf(project: string): Promise<string[]> {
  const { intervals } = await server.json<{ intervals: { interval: string }[] }>("log", "all", `project:${project}`);
  return intervals.map(({ interval }) => interval);
}

async function idOf(project: string): Promise<string> {
  return (await idsOf(project))[0] as string;
}
