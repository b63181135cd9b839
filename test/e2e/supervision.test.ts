import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Channel, CLOSED, channel } from "@good-place/channel";
import { contract, dial, generateKeys, method } from "@good-place/hemple";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { newHome, root } from "./harness.js";

interface Line {
  tag: "up" | "error";
  message?: string;
  web?: number;
  rpc?: number;
}

describe("a handler that throws", () => {
  const [server, client] = [generateKeys(), generateKeys()];
  const psk = crypto.getRandomValues(new Uint8Array(32));
  const lines: Channel<Line> = channel(100);
  let child: ChildProcess;
  let web: string;
  let port: number;

  beforeAll(async () => {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    const args = [newHome(), hex(server.privateKey), hex(client.publicKey), hex(psk)];
    const script = join(root, "test/e2e/fixtures/faulty.mjs");
    child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on(
      "line",
      (line) => void lines.give(JSON.parse(line)),
    );
    const up = await nextLine();
    web = `127.0.0.1:${up.web}`;
    port = up.rpc as number;
  });
  afterAll(async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });

  async function nextLine(): Promise<Line> {
    const line = await lines.take();
    if (line === CLOSED) throw new Error("the server has ended");
    return line;
  }

  async function counted(): Promise<number> {
    const response = await fetch(`http://${web}/count`, { method: "POST" });
    return Number(await response.text());
  }

  test("costs its HTTP request, is an error signal, and the server goes on", async () => {
    const before = await counted();
    const response = await fetch(`http://${web}/boom`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("boom");
    expect(await nextLine()).toEqual({ tag: "error", message: "boom in chidi" });
    expect(await counted()).toBe(before + 1);
  });

  test("costs its WebSocket, is an error signal, and the socket beside it goes on", async () => {
    const [bad, good] = [await opened(`ws://${web}/live`), await opened(`ws://${web}/live`)];
    bad.socket.send("boom");
    expect(await bad.messages.take()).toContain("error");
    expect(await bad.messages.take()).toBe(CLOSED);
    expect(await nextLine()).toEqual({ tag: "error", message: "boom in trevor" });
    good.socket.send("hello");
    expect(await good.messages.take()).toMatch(/^count \d+$/);
    good.socket.close();
    expect(await good.messages.take()).toBe(CLOSED);
  });

  test("costs its RPC call, is an error signal, and the connection goes on", async () => {
    const methods = contract({ boom: method(), count: method() });
    const tell = await dial(methods, { port, key: client.privateKey, psk, serverKey: server.publicKey });
    await expect(tell.boom()).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await nextLine()).toEqual({ tag: "error", message: "boom in hemple" });
    const before = await counted();
    await tell.count();
    expect(await counted()).toBe(before + 2);
    await tell[Symbol.asyncDispose]();
  });
});

async function opened(url: string): Promise<{ socket: WebSocket; messages: Channel<string> }> {
  const socket = new WebSocket(url);
  const messages = channel<string>(10);
  socket.on("message", (data) => void messages.give(String(data)));
  socket.on("close", () => messages.close());
  expect(await messages.take()).toBe("welcome");
  return { socket, messages };
}
