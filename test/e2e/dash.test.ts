import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { contract, generateKeys, type Handlers, hemple } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import { describe, expect, test, vi } from "vitest";
import { newHome, run, type Server, startServer } from "./harness.js";
import { canTerminal, type InTerminal, inTerminal, type Occasion } from "./terminal.js";

// Each of them starts processes, and the machine may be busy.
vi.setConfig({ testTimeout: 300_000 });

const ESC = "\x1b";
const UP = `${ESC}[A`;

interface Status {
  readonly running: { readonly handle: string; readonly note: string; readonly tags: readonly string[] } | null;
}

interface Office extends Server {
  readonly env: Record<string, string>;
  setClock(iso: string): void;
  status(): Promise<Status>;
  dash(occasion?: Partial<Occasion>): Promise<InTerminal>;
}

/** A server on a Wednesday at 14:32 in Prague, when some work was done. */
async function office(): Promise<Office & AsyncDisposable> {
  const home = newHome();
  const clock = join(home, "clock");
  const setClock = (time: string): void => writeFileSync(clock, time);
  setClock("2026-10-07T12:32:00Z");
  const own = { NEIL_CLOCK: clock, NEIL_BEAT_MS: "50", TZ: "Europe/Prague" };
  const server = await startServer(home, own);
  const env = { ...own, NEIL_HOME: home, NEIL_URL: server.rpc };
  await server.json("add", "acme/site/header", "yesterday", "9:00-11:30", "call");
  await server.json("add", "beta/api/auth", "8:00-10:15", "login");
  await server.json("add", "int/mail/inbox", "10:30-12:00");
  return {
    ...server,
    env,
    setClock,
    status: () => server.json<Status>("status"),
    dash: (occasion = {}) => inTerminal(["dash"], { env, ...occasion }),
    async [Symbol.asyncDispose]() {
      await server.end("SIGKILL");
    },
  };
}

test("without a terminal, and with --plain, the dash is one screen of text", async () => {
  await using server = await office();
  await server.json("budget", "set", "beta/api", "2h");
  await server.json("rate", "set", "acme", "40EUR/h");
  await server.json("add", "acme/site/header", "2026-09-07", "9:00-10:00");
  await server.json("invoice", "config", "--name", "Me");
  await server.json("invoice", "draft", "acme", "2026-09");
  await server.json("add", "acme/site/header", "2026-09-08", "9:00-9:30");
  await server.json("invoice", "issue", "draft-1", "--date", "2026-10-07");
  await server.json("add", "acme/site/header", "2026-09-09", "9:00-9:15");
  const { stdout, exit } = await server.neil("dash");
  expect(exit).toBe(0);
  expect(stdout).toContain("Wed 7 Oct 2026 14:32, nothing is running; last was int/mail/inbox");
  expect(stdout).toContain("Today 3h45 of 8h00");
  expect(stdout).toContain("10:30-12:00 int/mail/inbox  1h30");
  expect(stdout).toContain("beta/api  !112%");
  // This month's work; and that with what came behind the invoice of September.
  expect(stdout).toMatch(/month 100\.00 EUR\n *unbilled 110\.00 EUR/);
  expect((await server.neil("dash", "--plain")).stdout).toBe(stdout);
  expect(await server.json("dash")).toMatchObject({ zone: "Europe/Prague", entries: [{}, {}, {}] });
  await server.json("config", "set", "target", "6h");
  expect((await server.neil("dash", "--plain")).stdout).toContain("Today 3h45 of 6h00");
  expect((await server.neil("dash", "--plane")).stderr).toContain("did you mean --plain?");
  for (let at = 0; at < 20; at++) await server.json("task", "add", `acme/site/t${at}`);
  expect((await server.neil("dash", "--plain")).stdout).toMatch(/\n {2}and 3 more\n/);
  const away = await run(["dash", "--plain"], { ...server.env, NEIL_URL: "127.0.0.1:1" });
  expect(away.exit).toBe(4);
});

describe.skipIf(!canTerminal)("the dash in a terminal", () => {
  test("shows the day, and keys start, stop, note and undo", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("[live]");
    expect(dash.row(0)).toMatch(/^ neil {2}Wed 7 Oct 2026 {2}14:32 {3}idle +\[live\]$/);
    await dash.sees("1 Today 3h45 of 8h00");
    expect(dash.screen()).toMatch(/08:00-10:15 beta\/api\/auth login +2h15/);
    expect(dash.screen()).toMatch(/10:15-10:30 gap/);
    expect(dash.screen()).toMatch(/Tu .* 2h30/);
    // Two panels, and the second row of the tasks.
    dash.press("2j");
    await dash.sees(/>beta\/api\/auth/);
    dash.press("s");
    await dash.sees(/RUNNING 0:00:00 {2}beta\/api\/auth/);
    await dash.sees("beta/api/auth started at 14:32");
    expect(await server.status()).toMatchObject({ running: { handle: "beta/api/auth" } });
    dash.press("n");
    await dash.sees("note of beta/api/auth:");
    dash.press('a "good" one\r');
    await dash.sees('(a "good" one)');
    server.setClock("2026-10-07T12:40:00Z");
    await dash.sees("RUNNING 0:08:00");
    dash.press(" ");
    await dash.sees("stopped after 8m");
    await dash.sees("idle");
    expect(await server.status()).toMatchObject({ running: null });
    dash.press("u");
    await dash.sees("undone: task/stop");
    await dash.sees("RUNNING 0:08:00");
    dash.press("2g");
    // What runs stands first.
    await dash.sees(/>beta\/api\/auth/);
    dash.press("jx");
    await dash.sees(/RUNNING 0:00:00 {2}int\/mail\/inbox/);
    dash.press("d");
    await dash.sees("completed");
    expect(await server.json("list", "state:completed")).toMatchObject({ tasks: [{ handle: "int/mail/inbox" }] });
  });

  test("what another device does appears, and only what has changed is written", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("idle");
    await server.json("start", "acme/site/header", "by another", "+css");
    await dash.sees(/RUNNING 0:00:00 {2}acme\/site\/header \+css/);
    await dash.sees(/14:32-now +acme\/site\/header/);
    const before = dash.written().length;
    server.setClock("2026-10-07T12:32:01Z");
    await dash.sees("RUNNING 0:00:01");
    const since = dash.written().slice(before);
    expect(since.length).toBeLessThan(200);
    expect(since).toContain(`${ESC}[?2026h`);
  });

  test("fills a gap, edits an interval by its command, and shows what is chosen", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("10:15-10:30 gap");
    dash.press(`g${ESC}[B`);
    await dash.sees(/>10:15-10:30 gap/);
    dash.press("f");
    await dash.sees("task from 10:15 to 10:30:");
    dash.press("acme/site/h\t");
    await dash.sees("task from 10:15 to 10:30: acme/site/header");
    dash.press("\r");
    await dash.sees(/>10:15-10:30 acme\/site\/header/);
    dash.press("\r");
    await dash.sees("2026-10-07 10:15-10:30, 15m");
    dash.press(`${ESC}`);
    await dash.missed("2026-10-07 10:15-10:30, 15m");
    dash.press("e");
    await dash.sees(/--start 10:15 --end 10:30 --task acme\/site\/header --note - --rev=\d+$/m);
    dash.press("\r");
    await dash.sees("nothing was changed");
    dash.press("e");
    await dash.sees(/--note - --rev=\d+$/m);
    // Pasted, it is text, line breaks and all.
    dash.press(`${ESC}[200~ --end\n10:25${ESC}[201~\r`);
    await dash.sees(/>10:15-10:25 acme\/site\/header/);
    expect(dash.screen()).toContain("10:25-10:30 gap");
    dash.press("S");
    await dash.sees(/^:split/m);
    dash.press("10:20\r");
    await dash.sees("10:20-10:25 acme/site/header");
  });

  test("/ filters the tasks, and : runs any command, or says why not", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("beta/api/auth ");
    dash.press("/mail");
    await dash.sees("2 Tasks /mail");
    expect(dash.screen().match(/\d+h\d\d active/g)).toHaveLength(1);
    dash.press(`${ESC}`);
    await dash.missed("2 Tasks /mail");
    dash.press("/stat:active");
    await dash.sees("did you mean state:?");
    dash.press(`${ESC}`);
    await dash.missed("did you mean");
    dash.press(":repo\t");
    await dash.sees(/^:report$/m);
    dash.press("week --by project\r");
    await dash.sees("neil report week --by project");
    await dash.sees(/acme\/site +2:30/);
    dash.press("q");
    await dash.missed("neil report");
    dash.press(`:${UP}`);
    await dash.sees(/^:report week --by project$/m);
    dash.press('\x15neil start beta/api/auth "two words" +x\r');
    await dash.sees("RUNNING");
    expect(await server.status()).toMatchObject({ running: { note: "two words", tags: ["x"] } });
    dash.press(":last -n 2\r");
    await dash.sees("┌ neil last -n 2");
    dash.press("q");
    await dash.missed("┌ neil last -n 2");
    dash.press(":sttop\r");
    await dash.sees('did you mean "stop"?');
    dash.press(":menu\r");
    await dash.sees("menu needs the terminal for itself");
    // Not a command line, so no commands.
    dash.press(`${ESC}[200~q q${ESC}[201~?`);
    await dash.sees("start the chosen task");
  });

  test("asks about an absence, and the answer is carried out", async () => {
    await using server = await office();
    await server.json("start", "acme/site/header");
    await using dash = await server.dash();
    await dash.sees("RUNNING");
    server.setClock("2026-10-07T13:32:00Z");
    await dash.sees(/>\? away 14:32-15:32/);
    dash.press("\r");
    await dash.sees("while acme/site/header ran.");
    dash.press("g");
    await dash.sees(/15:32-now +acme\/site\/header/);
    await dash.missed("away 14:32");
    expect(dash.screen()).toContain("RUNNING 0:00:00");
  });

  test("follows the size of the terminal, from four panels to one column and to nothing", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("4 Budgets");
    expect(dash.row(1)).toMatch(/1 Today.*2 Tasks/);
    expect(dash.row(23)).toMatch(/^s start .* q quit$/);
    dash.resize(60, 20);
    await expect.poll(() => dash.row(16), { timeout: 60_000 }).toContain("2 Tasks");
    expect(dash.row(1)).not.toContain("2 Tasks");
    await dash.sees("08:00-10:15 beta/api/auth login");
    dash.press("\t");
    await dash.sees(/>int\/mail\/inbox/);
    expect(dash.screen()).not.toContain("08:00-10:15");
    dash.resize(20, 5);
    await dash.sees("too small");
    dash.resize(132, 40);
    await expect.poll(() => dash.row(1), { timeout: 60_000 }).toMatch(/1 Today.*2 Tasks/);
    expect(dash.row(1)).toMatch(/2 Tasks ─+┐$/);
  });

  test.each([
    ["q", "q", 0],
    ["Ctrl-C", "\x03", 130],
    ["SIGINT", "SIGINT", 130],
    ["SIGTERM", "SIGTERM", 143],
    ["SIGHUP", "SIGHUP", 129],
  ] as const)("%s gives the terminal back as it was", async (_, how, exit) => {
    await using server = await office();
    await using dash = await server.dash({ before: "what stood there\r\n$ " });
    await dash.sees("idle");
    expect(dash.terminal.buffer.active.type).toBe("alternate");
    expect(dash.terminal.modes.bracketedPasteMode).toBe(true);
    if (how.startsWith("SIG")) process.kill(dash.pid, how as NodeJS.Signals);
    else dash.press(how);
    expect(await dash.exit).toBe(exit);
    await expect.poll(() => dash.terminal.buffer.active.type).toBe("normal");
    expect(dash.row(0)).toBe("what stood there");
    expect(dash.terminal.modes).toMatchObject({ bracketedPasteMode: false, wraparoundMode: true });
    expect(dash.written().lastIndexOf(`${ESC}[?25h`)).toBeGreaterThan(dash.written().lastIndexOf(`${ESC}[?25l`));
  });

  test("an error that nobody caught gives the terminal back, and is told behind it", async () => {
    await using server = await office();
    const fault = 'process.on("SIGUSR2", () => { throw new Error("a defect"); })';
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(fault)}`;
    await using dash = await server.dash({ env: { ...server.env, NODE_OPTIONS } });
    await dash.sees("idle");
    process.kill(dash.pid, "SIGUSR2");
    expect(await dash.exit).toBe(70);
    await expect.poll(() => dash.terminal.buffer.active.type).toBe("normal");
    await dash.sees("Error: a defect");
  });

  test("Ctrl-Z gives the terminal back, and when it goes on it is drawn anew", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("idle");
    dash.press("\x1a");
    await expect.poll(() => dash.terminal.buffer.active.type, { timeout: 60_000 }).toBe("normal");
    process.kill(dash.pid, "SIGCONT");
    await expect.poll(() => dash.terminal.buffer.active.type, { timeout: 60_000 }).toBe("alternate");
    await dash.sees("4 Budgets");
    dash.press("?");
    await dash.sees("start the chosen task");
  });

  test("a server that is killed is told of, what is asked meanwhile waits, and it goes on when it is back", async () => {
    await using server = await office();
    await using dash = await server.dash();
    await dash.sees("[live]");
    await server.end("SIGKILL");
    await dash.sees("[away]");
    await dash.sees("no server: trying again");
    dash.press("2s");
    await dash.sees("no server: 1 command waits");
    const args = ["serve", "--web-port", "0", "--rpc-port", server.rpc.split(":")[1] ?? ""];
    await using again = await inTerminal(args, { env: server.env });
    await again.sees("127.0.0.1");
    await dash.sees(/RUNNING .*int\/mail\/inbox/);
    await dash.sees("1 queued command settled");
    expect(dash.row(0)).toContain("[live]");
    expect(dash.screen()).not.toContain("no server");
  });

  test("what a key has done is a notice, and the next key counts; what was typed is a sheet in which nothing is cut off", async () => {
    await using server = await office();
    await server.json("note", "@1", "one");
    await server.json("note", "@1", "two");
    await using dash = await server.dash();
    await dash.sees("[live]");
    dash.press("u");
    await dash.sees("int/mail/inbox (one)");
    dash.press("u");
    await dash.sees(/10:30-12:00 +1h30 +int\/mail\/inbox *$/m);
    expect(dash.screen()).not.toContain("Esc closes");
    dash.press(":help log\r");
    await dash.sees("┌ neil help log");
    expect(dash.screen()).toContain("npx neil log [PERIOD] [FILTER ...]");
    expect(dash.screen().replace(/[│\s]+/g, " ")).toContain("or a part of the handle; client:-acme for all others");
    dash.resize(60, 20);
    // Drawn anew: the day has no room any more.
    await dash.sees(/^ neil {2}14:32 /m);
    dash.press("G");
    await dash.sees("npx neil log lastweek");
    // At its end it scrolls no further.
    dash.press("GGk");
    await dash.sees("1 more, j goes on");
    dash.press("j");
    await dash.sees("Esc closes");
  });

  test("NO_COLOR leaves out the colours, and nothing else", async () => {
    await using server = await office();
    await server.json("start", "acme/site/header");
    await using plain = await server.dash({ env: { ...server.env, NO_COLOR: "1" } });
    await using coloured = await server.dash();
    await plain.sees("RUNNING");
    await coloured.sees("RUNNING");
    const colour = new RegExp(`${ESC}\\[[0-9;]*3[0-7]m`);
    expect(plain.written()).not.toMatch(colour);
    expect(coloured.written()).toMatch(colour);
    expect(plain.screen()).toBe(coloured.screen());
  });

  test("texts of a hostile server stay text: they steer nothing, and leave the borders where they are", async () => {
    const home = newHome();
    const evil = `界😀👨‍👩‍👧 e\u0301\u0301cod\u200d${ESC}]0;owned\x07${ESC}[2J${ESC}[31m\u202e\r\n\t\x9b5A`;
    const [server, client] = [generateKeys(), generateKeys()];
    const psk = new Uint8Array(32).fill(7);
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
    const keys = { key: base64(client.privateKey), psk: base64(psk), serverKey: base64(server.publicKey) };
    writeFileSync(join(home, "client.json"), JSON.stringify(keys), { mode: 0o600 });
    const start = Date.now() - 3_600_000;
    const names = { handle: `${evil}/a/b`, client: evil, project: "a", task: "b" };
    const more = { zone: "UTC", note: evil, tags: [evil], billable: true, source: "timer" as const };
    const entry = { id: "evil", rev: 1, ...names, start, end: null, ...more };
    const none = { intervals: 0, ms: 0, billedMs: 0, money: {} };
    const { status, entries, names: list, budgets, report, acts } = neilContract;
    const part = contract({ status, entries, names: list, budgets, report, acts });
    const handlers: Handlers<typeof part> = {
      status: () => ({ running: { ...entry, ms: 3_600_000 }, last: null, away: [], long: false }),
      entries: ({ after }) => (after === undefined ? [entry] : []),
      names: ({ from }) =>
        from > 0
          ? []
          : [
              {
                ...{ kind: "tasks" as const, id: "t", handle: entry.handle, title: "", note: evil, invoice: null },
                ...{ state: "active", intervals: 1, ms: 1, lastAt: start },
              },
            ],
      budgets: () => [{ scope: evil, per: "all", limit: { ms: 1 }, usedMs: 2, used: 2 }],
      report: () => ({ by: ["client"], totals: [], ...none }),
      async *acts(_, { signal }) {
        yield { seq: 1, acts: [] };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    };
    await using rpc = await hemple(part, handlers, {
      ...{ key: server.privateKey, psk, port: 0 },
      peers: [{ key: client.publicKey, roles: ["owner"] }],
    });
    const { port } = rpc.address as { port: number };
    const env = { NEIL_HOME: home, NEIL_URL: `127.0.0.1:${port}`, TZ: "UTC" };
    await using dash = await inTerminal(["dash"], { env });
    let title = "";
    dash.terminal.onTitleChange((text) => {
      title = text;
    });
    await dash.sees("cod");
    // Some terminals take the last four for narrow.
    await dash.sees(/界😀 ?👨 ?👩 ?👧/u);
    expect(title).toBe("");
    expect(dash.written()).not.toContain("owned\x07");
    for (const y of [2, 3, 4]) {
      expect(dash.terminal.buffer.active.getLine(y)?.getCell(39)?.getChars()).toBe("│");
      expect(dash.terminal.buffer.active.getLine(y)?.getCell(79)?.getChars()).toBe("│");
    }
  });
});
