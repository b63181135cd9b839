/**
 * Hemple beside tRPC, gRPC, Cap'n Web, and bare WebSockets with MessagePack, which alone of them and gRPC without TLS is not
 * what one would put on a network. Both ends are in one process, so that the processor's time is that of client and server
 * together; what crosses between them is a loopback socket.
 */
import type { Case, Runner } from "./harness.js";
import { bare } from "./hemple/bare.js";
import { capnweb } from "./hemple/capnweb.js";
import { type Ends, noteOf } from "./hemple/ends.js";
import { grpc, grpcTls } from "./hemple/grpc.js";
import { overWebSocket, tcp, unix } from "./hemple/ours.js";
import { trpc } from "./hemple/trpc.js";

type Start = () => Promise<Ends>;

const peers: Readonly<Record<string, Start>> = {
  "bare ws + msgpackr": bare,
  capnweb,
  tRPC: trpc,
  "grpc-js": grpc,
  "grpc-js TLS": grpcTls,
  "hemple, unix socket": unix,
  "hemple, WebSocket": overWebSocket,
};

export function cases(): Case[] {
  return [
    subject("CPU of a call of 80 bytes, 64 in flight", "us/op", 6400, (start) => calls(start, 64, 80), "processor"),
    subject("CPU of a call of 1 KiB, 64 in flight", "us/op", 6400, (start) => calls(start, 64, 1024), "processor"),
    subject("CPU of a call of 64 KiB, 8 in flight", "us/op", 800, (start) => calls(start, 8, 65_536), "processor"),
    subject("CPU of a streamed item", "us/op", 20_000, streamed, "processor"),
    subject("calls, 1 in flight", "op/s", 1000, (start) => calls(start, 1, 80)),
    subject("calls, 64 in flight", "op/s", 6400, (start) => calls(start, 64, 80)),
    subject("p50 of a call, 1 in flight", "ms", 1000, (start) => latency(start, 1, 0.5)),
    subject("p99 of a call, 64 in flight", "ms", 6400, (start) => latency(start, 64, 0.99)),
    subject("connections made and closed", "op/s", 100, connections),
  ];
}

function subject(
  name: string,
  unit: Case["unit"],
  ops: number,
  runner: (start: Start) => Runner,
  clock: Case["clock"] = "wall",
): Case {
  const others = Object.entries(peers).map(([peer, start]) => [peer, runner(start)] as const);
  const slow = { tRPC: 4, "grpc-js": 4, "grpc-js TLS": 4 };
  return {
    bench: "hemple",
    case: name,
    unit,
    ops,
    clock,
    fewer: slow,
    ours: runner(tcp),
    peers: Object.fromEntries(others),
  };
}

function calls(start: Start, inFlight: number, bytes: number): Runner {
  const ends = lazily(start);
  const note = noteOf(bytes);
  return async (ops, begin) => {
    const { echo } = await ends();
    begin();
    await sent(ops, inFlight, () => echo(note));
  };
}

function latency(start: Start, inFlight: number, share: number): Runner {
  const ends = lazily(start);
  const note = noteOf(80);
  return async (ops) => {
    const { echo } = await ends();
    const taken: number[] = [];
    await sent(ops, inFlight, async () => {
      const sentAt = performance.now();
      await echo(note);
      taken.push(performance.now() - sentAt);
    });
    return taken.toSorted((a, b) => a - b)[Math.floor(taken.length * share)];
  };
}

function streamed(start: Start): Runner {
  const ends = lazily(start);
  return async (ops, begin) => {
    const { stream } = await ends();
    begin();
    const come = await stream(ops);
    if (come !== ops) throw new Error(`${come} items have come of ${ops}`);
  };
}

function connections(start: Start): Runner {
  const ends = lazily(start);
  return async (ops, begin) => {
    const { connect } = await ends();
    begin();
    await sent(ops, 4, connect);
  };
}

async function sent(ops: number, inFlight: number, work: () => PromiseLike<unknown>): Promise<void> {
  let left = ops;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

// In the process of its contestant alone, and not before its first round.
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
