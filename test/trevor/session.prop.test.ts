/** The core of sessions, on wires that are cut and servers that forget, in the simulation: once, in order, or told of. */
import { type Channel, CLOSED, channel, go, sleep, unbounded } from "@good-place/channel";
import { type Simulation, simulate } from "@good-place/channel/simulation";
import { Session, WINDOW } from "@good-place/trevor/session";
import { expect, test } from "vitest";

const TOTAL = 40;

interface Message {
  readonly n: number;
  readonly size: number;
}

type Word =
  | { readonly tag: "hello" | "welcome"; readonly epoch: number; readonly received: number }
  | { readonly tag: "lost"; readonly epoch: number }
  | { readonly tag: "data"; readonly message: Message }
  | { readonly tag: "taken"; readonly count: number };

/** One side: its session, its connection, and what the test knows of its messages. */
class Side {
  session = new Session<Message>({ maxMessages: TOTAL, maxBytes: Number.MAX_SAFE_INTEGER });
  epoch = 0;
  // Where the words of its connection come from, and where its own go once both sides agree.
  into: Channel<Word> | null = null;
  out: Channel<Word> | null = null;
  inbox: Channel<Message> = channel(unbounded());
  latency = 0;
  readonly got: number[] = [];
  readonly acknowledged: number[] = [];
  readonly lost: number[] = [];

  get settled(): boolean {
    return this.acknowledged.length + this.lost.length === TOTAL;
  }

  flush(): void {
    if (this.out === null) return;
    for (let message = this.session.next(); message !== undefined; message = this.session.next()) {
      this.out.tryGive({ tag: "data", message });
    }
  }

  tell(): void {
    if (this.out === null) return;
    const count = this.session.due();
    if (count !== null) this.out.tryGive({ tag: "taken", count });
  }

  resume(received: number): void {
    expect(this.session.resume(received)).toBe(true);
    this.tell();
    this.flush();
  }

  // Another session: of the messages of the old one, those that no connection has had may go over.
  renew(epoch: number, keepUnsent: boolean): void {
    const { unknown, unsent } = this.session.end();
    this.session = new Session<Message>({ maxMessages: TOTAL, maxBytes: Number.MAX_SAFE_INTEGER });
    this.epoch = epoch;
    this.inbox.close();
    this.inbox = channel(unbounded());
    for (const { n } of unknown) this.lost.push(n);
    for (const message of unsent) {
      if (keepUnsent) this.session.push(message);
      else this.lost.push(message.n);
    }
  }

  hear(word: Word): void {
    if (word.tag === "data") {
      expect(this.session.receive(word.message.size)).toBe(true);
      this.inbox.tryGive(word.message);
    } else if (word.tag === "taken") {
      const taken = this.session.acknowledge(word.count);
      expect(taken).not.toBeNull();
      for (const { n } of taken ?? []) this.acknowledged.push(n);
      this.flush();
    }
  }
}

function* writing(side: Side, { choose }: Simulation): Generator<unknown, void, never> {
  for (let n = 0; n < TOTAL; n++) {
    yield* sleep(choose(6));
    side.session.push({ n, size: choose(4) === 0 ? WINDOW.maxBytes / 3 : 10 });
    side.flush();
  }
}

function* handling(side: Side, { choose }: Simulation): Generator<unknown, void, never> {
  for (;;) {
    const { inbox, session } = side;
    const message = yield* inbox.take();
    if (message === CLOSED) continue;
    side.got.push(message.n);
    yield* sleep(choose(4));
    session.take();
    if (choose(2) === 0) side.tell();
    else
      void go(function* later() {
        yield* sleep(choose(3));
        side.tell();
      });
  }
}

// The client's end of one connection.
function* calling(side: Side, into: Channel<Word>, out: Channel<Word>): Generator<unknown, void, never> {
  const hello = (): unknown => out.tryGive({ tag: "hello", epoch: side.epoch, received: side.session.received });
  hello();
  for (;;) {
    const word = yield* into.take();
    yield* sleep(side.latency);
    // On its way, when the connection was cut.
    if (word === CLOSED || side.into !== into) return;
    if (word.tag === "lost") {
      side.renew(word.epoch, true);
      hello();
    } else if (word.tag === "welcome") {
      side.out = out;
      side.resume(word.received);
    } else side.hear(word);
  }
}

// The server's end.
function* answering(side: Side, into: Channel<Word>, out: Channel<Word>): Generator<unknown, void, never> {
  for (;;) {
    const word = yield* into.take();
    yield* sleep(side.latency);
    // On its way, when the connection was cut.
    if (word === CLOSED || side.into !== into) return;
    if (word.tag !== "hello") side.hear(word);
    else if (word.epoch !== side.epoch) out.tryGive({ tag: "lost", epoch: side.epoch });
    else {
      out.tryGive({ tag: "welcome", epoch: side.epoch, received: side.session.received });
      side.out = out;
      side.resume(word.received);
    }
  }
}

// Both ends over connections that are cut with what is on its way, and a server that forgets now and then.
function* program(simulation: Simulation, forgets: boolean): Generator<unknown, readonly [Side, Side], never> {
  const { choose } = simulation;
  const [client, server] = [new Side(), new Side()];
  const fibers = [client, server].flatMap((side) => [
    go(() => writing(side, simulation)),
    go(() => handling(side, simulation)),
  ]);
  for (let cuts = choose(12); ; cuts--) {
    const [there, back] = [channel<Word>(unbounded()), channel<Word>(unbounded())];
    [client.into, server.into] = [back, there];
    [client.latency, server.latency] = [choose(8), choose(8)];
    const ends = [go(() => calling(client, back, there)), go(() => answering(server, there, back))];
    if (cuts > 0) yield* sleep(choose(60));
    else while (!(client.settled && server.settled)) yield* sleep(1);
    for (const side of [client, server]) side.into = side.out = null;
    // What is on its way is gone with the connection.
    for (const end of ends) end.cancel();
    if (cuts <= 0) break;
    yield* sleep(choose(10));
    if (forgets && choose(3) === 0) server.renew(server.epoch + 1, false);
  }
  for (const fiber of fibers) fiber.cancel();
  return [client, server];
}

const numbers = Array.from({ length: TOTAL }, (_, n) => n);

test("over any cuts every message arrives once, in order, within the window, and is acknowledged", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const sides = await simulate({ seed }, (simulation) => program(simulation, false));
    for (const { got, acknowledged, lost } of sides) {
      expect(got, `seed ${seed}`).toEqual(numbers);
      expect(acknowledged, `seed ${seed}`).toEqual(numbers);
      expect(lost, `seed ${seed}`).toEqual([]);
    }
  }
});

test("with a server that forgets, what arrives arrives once and in order, and the sender knows of all else", async () => {
  let losses = 0;
  for (let seed = 0; seed < 100; seed++) {
    const [client, server] = await simulate({ seed }, (simulation) => program(simulation, true));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      expect(to.got, `seed ${seed}`).toEqual([...new Set(to.got)].sort((a, b) => a - b));
      expect(
        [...from.acknowledged, ...from.lost].sort((a, b) => a - b),
        `seed ${seed}`,
      ).toEqual(numbers);
      const arrived = new Set(to.got);
      expect(
        from.acknowledged.filter((n) => !arrived.has(n)),
        `seed ${seed}`,
      ).toEqual([]);
      losses += from.lost.length;
    }
  }
  expect(losses).toBeGreaterThan(0);
});

test("a session refuses what cannot be: offsets and acknowledgements from elsewhere, more than the window", () => {
  const session = new Session<Message>({ maxMessages: 3, maxBytes: 100 });
  for (let n = 0; n < 3; n++) session.push({ n, size: 10 });
  expect([session.full, session.bytes]).toEqual([true, 30]);
  expect(session.acknowledge(1)).toBeNull();
  expect(session.resume(1)).toBe(false);
  expect(session.next()?.n).toBe(0);
  expect(session.next()?.n).toBe(1);
  expect(session.acknowledge(1)).toEqual([{ n: 0, size: 10 }]);
  expect(session.acknowledge(0)).toBeNull();
  expect([session.resume(0), session.resume(3), session.resume(2)]).toEqual([false, false, true]);
  expect(session.withdraw()?.n).toBe(2);
  expect(session.withdraw()).toBeUndefined();
  expect(session.bytes).toBe(10);
  for (let n = 0; n < WINDOW.maxMessages; n++) expect(session.receive(0)).toBe(true);
  expect(session.receive(0)).toBe(false);
});

test("after a resume the window is empty again, and what was ever sent stays unknown until it is acknowledged", () => {
  const session = new Session<Message>({ maxMessages: 9, maxBytes: 100 });
  for (let n = 0; n < 4; n++) session.push({ n, size: WINDOW.maxBytes / 2 });
  const sent = (): (number | undefined)[] => [session.next()?.n, session.next()?.n, session.next()?.n];
  expect(sent()).toEqual([0, 1, undefined]);
  expect(session.resume(0)).toBe(true);
  expect(sent()).toEqual([0, 1, undefined]);
  expect(session.resume(1)).toBe(true);
  const { unknown, unsent } = session.end();
  expect([unknown.map(({ n }) => n), unsent.map(({ n }) => n)]).toEqual([
    [0, 1],
    [2, 3],
  ]);
});
