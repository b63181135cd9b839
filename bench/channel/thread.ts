/**
 * Values copied into another thread and out of one: through a thread channel of 128, and as messages of a bare port, which
 * has no backpressure and queues whatever it is given. What starting the thread takes does not count.
 */
import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { CLOSED, go } from "@good-place/channel";
import { goThread, type ThreadChannel, threadChannel } from "@good-place/channel/thread";
import type { Runner } from "../harness.js";
import { CAPACITY, type Programs } from "./shapes.js";

const SMALL = 64;
const LARGE = 64 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;
type Pipe = ThreadChannel<Bytes>;

interface Form {
  give(pipe: Pipe, value: Bytes, ops: number): PromiseLike<unknown>;
  /** The bytes of what is taken. */
  take(pipe: Pipe, ops: number): PromiseLike<number>;
}

const inFibers: Form = {
  give: (pipe, value, ops) =>
    go(function* () {
      for (let i = 0; i < ops; i++) yield* pipe.give(value);
    }),
  take: (pipe, ops) =>
    go(function* () {
      let bytes = 0;
      for (let i = 0; i < ops; i++) {
        const value = yield* pipe.take();
        if (value !== CLOSED) bytes += value.length;
      }
      return bytes;
    }),
};

const inAsync: Form = {
  async give(pipe, value, ops) {
    for (let i = 0; i < ops; i++) await pipe.give(value);
  },
  async take(pipe, ops) {
    let bytes = 0;
    for (let i = 0; i < ops; i++) {
      const value = await pipe.take();
      if (value !== CLOSED) bytes += value.length;
    }
    return bytes;
  },
};

export const fibers: Programs = shapes(
  (size) => given(inFibers, size),
  (size) => taken(inFibers, size),
);
export const async: Programs = shapes(
  (size) => given(inAsync, size),
  (size) => taken(inAsync, size),
);
export const ports: Programs = shapes(posted, heard);

function shapes(to: (size: number) => Runner, from: (size: number) => Runner): Programs {
  return { smallTo: to(SMALL), smallFrom: from(SMALL), largeTo: to(LARGE), largeFrom: from(LARGE) };
}

function given(form: Form, size: number): Runner {
  return async (ops, start) => {
    const [pipe, ready] = [threadChannel<Bytes>(CAPACITY), threadChannel<true>()];
    const thread = goThread<number>(body("thread"), { body: "taking", pipe, ready, ops });
    await ready.take();
    start();
    await form.give(pipe, new Uint8Array(size), ops);
    return (await thread) / size;
  };
}

function taken(form: Form, size: number): Runner {
  return async (ops, start) => {
    const [pipe, ready] = [threadChannel<Bytes>(CAPACITY), threadChannel<true>()];
    const thread = goThread(body("thread"), { body: "giving", pipe, ready, ops, size });
    await ready.take();
    start();
    const bytes = await form.take(pipe, ops);
    await thread;
    return bytes / size;
  };
}

function posted(size: number): Runner {
  return async (ops, start) => {
    const { port, ended } = await worker({ body: "taking", ops });
    const counted = once(port, "message");
    start();
    const value = new Uint8Array(size);
    for (let i = 0; i < ops; i++) port.postMessage(value);
    const [bytes] = (await counted) as [number];
    await ended;
    return bytes / size;
  };
}

function heard(size: number): Runner {
  return async (ops, start) => {
    const { port, ended } = await worker({ body: "giving", ops, size });
    start();
    let bytes = 0;
    const closed = once(port, "close");
    port.on("message", (value: Bytes) => {
      bytes += value.length;
    });
    port.postMessage("go on");
    await closed;
    await ended;
    return bytes / size;
  };
}

async function worker(input: object) {
  const { port1: port, port2 } = new MessageChannel();
  const started = new Worker(body("port"), { workerData: { ...input, port: port2 }, transferList: [port2] });
  const ended = once(started, "exit");
  await once(port, "message");
  return { port, ended };
}

function body(of: "thread" | "port"): URL {
  return new URL(`./${of}-body.mjs`, import.meta.url);
}
