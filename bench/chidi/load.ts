/**
 * The clients, in a process of their own, so that the process of a server costs what the server costs. It opens the
 * connections that its first order names and keeps them; each further order is a number of requests, answered by how many
 * of them were answered as they should be. A connection has one request on its way at a time.
 */
import { connect, type Socket } from "node:net";
import type { Ask } from "./wire.js";

export interface Connections {
  readonly port: number;
  readonly connections: number;
  /** False: every request has a connection of its own. */
  readonly keepAlive: boolean;
  readonly ask: Ask;
}

let setting: Connections | null = null;
let request = "";
let clients: Client[] = [];

process.on("message", async (order: Connections | number) => {
  if (typeof order === "number") return void process.send?.(await requested(order));
  setting = order;
  const { ask, connections, keepAlive } = order;
  request = `${ask.head}${keepAlive ? "" : "Connection: close\r\n"}\r\n${ask.body}`;
  if (keepAlive) clients = await Promise.all(Array.from({ length: connections }, () => Client.open(order)));
  process.send?.(connections);
});
process.once("disconnect", () => process.exit());

async function requested(requests: number): Promise<number> {
  const { connections, keepAlive } = setting as Connections;
  let left = requests;
  let good = 0;
  const one = async (_: unknown, i: number): Promise<void> => {
    while (left-- > 0) {
      const client = keepAlive ? (clients[i] as Client) : await Client.open(setting as Connections);
      if (await client.ask()) good++;
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return good;
}

class Client {
  readonly #socket: Socket;
  readonly #answer: string;
  #read = "";
  #settle: (good: boolean) => void = () => {};

  private constructor(socket: Socket, { ask, keepAlive }: Connections) {
    this.#socket = socket;
    this.#answer = ask.answer;
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.#read += text;
      if (keepAlive) this.#see();
    });
    socket.on("error", () => {}).once("close", () => this.#settle(this.#isGood()));
  }

  static open(setting: Connections): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: setting.port, host: "127.0.0.1", noDelay: true }, () => {
        resolve(new Client(socket, setting));
      });
      socket.once("error", reject);
    });
  }

  ask(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#read = "";
      this.#socket.write(request);
    });
  }

  #see(): void {
    const head = this.#read.indexOf("\r\n\r\n");
    if (head !== -1 && this.#read.length >= head + 4 + this.#answer.length) this.#settle(this.#isGood());
  }

  #isGood(): boolean {
    return this.#read.startsWith("HTTP/1.1 200 ") && this.#read.endsWith(`\r\n\r\n${this.#answer}`);
  }
}
