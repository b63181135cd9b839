/**
 * The contract on thread channels: the near end in this thread, the far end in a worker.
 */
import { type Buffer, type Channel, CLOSED, go, sleep, unbounded } from "@good-place/channel";
import { goThread, threadChannel } from "@good-place/channel/thread";
import { afterAll } from "vitest";
import { contract } from "./contract.js";
import { End } from "./end.js";
import { deskBehind, deskOf, type Ends, type MakeOptions } from "./maker.js";
import { Operator, type Port } from "./operator.mjs";

const commands = threadChannel<unknown>(unbounded());
const answers = threadChannel<{ data: never }>(unbounded());
const port: Port = { onmessage: null, postMessage: (command) => void commands.tryGive(command) };
const thread = goThread(new URL("./far-end.mjs", import.meta.url), { commands, answers });
void go(function* () {
  for (let answer = yield* answers.take(); answer !== CLOSED; answer = yield* answers.take()) port.onmessage?.(answer);
});
afterAll(async () => {
  commands.close();
  answers.close();
  await thread;
});

const near = new Operator();
const [nearDesk, farDesk] = [deskOf(near), deskBehind(port)];
let count = 0;

contract({
  name: "thread channels",
  lacks: { "statistics of both ends": "an end in another thread counts what went through it alone" },
  programs: 40,
  make<T>(buffer: number | Buffer = 0, options: MakeOptions = {}): Ends<T> {
    const lost: T[] = [];
    const at = ++count;
    const channel = threadChannel<T>(buffer, { ...options, onUndelivered: (value) => void lost.push(value) });
    near.add(at, channel as unknown as Channel<unknown>);
    commands.tryGive({ at, channel });
    return { near: new End<T>(nearDesk, at), far: new End<T>(farDesk, at), lost };
  },
  run: (body) => go(body),
  settle: () => sleep(2),
});
