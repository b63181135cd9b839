import {
  type Channel,
  CLOSED,
  channel,
  EMPTY,
  type Fiber,
  fixed,
  go,
  now,
  rselect,
  select,
  sleep,
  sliding,
  timeout,
  until,
} from "@good-place/channel";
import { explore, type Simulation, type SimulationBody } from "@good-place/channel/simulation";
import { describe, expect, test } from "vitest";
import { checkQuiet, type Item, Ledger } from "./ledger.js";

const CUT = new Error("cut");
const ABORTED = new Error("aborted");

/** Some fibers that do what `choose` says on a few channels, until they are done, stuck or cancelled. */
class Program {
  readonly #choose: (n: number) => number;
  readonly #ledger = new Ledger();
  readonly #channels: Channel<Item>[];
  readonly #fibers: Fiber<void>[] = [];
  readonly #finishes: PromiseLike<unknown>[] = [];
  readonly #cut = new AbortController();

  constructor({ choose }: Simulation, channels: number) {
    this.#choose = choose;
    const onUndelivered = (item: Item): void => this.#ledger.undelivered(item);
    this.#channels = Array.from({ length: channels }, () =>
      channel<Item>([fixed(0), fixed(1), fixed(2), sliding(1)][choose(4)], { onUndelivered }),
    );
  }

  *run(fibers: number, steps: number): Generator<unknown, void, never> {
    for (let i = 0; i < fibers; i++) this.#fibers.push(go(this.#working(i, steps)));
    // Nobody else works for so long: whoever still waits then would wait for ever.
    yield* sleep(1000);
    checkQuiet(this.#channels, this.#fibers);
    for (const fiber of this.#fibers) fiber.cancel();
    yield* sleep(1);
    if (this.#fibers.some(({ status }) => status === "running")) throw new Error("a fiber outlived its cancel");
    this.#ledger.close(this.#channels);
    // Where one never settles, this is a deadlock.
    for (const finish of this.#finishes) yield* until(finish);
  }

  #working(self: number, steps: number): () => Generator<unknown, void, never> {
    const program = this;
    return function* (): Generator<unknown, void, never> {
      for (let step = 0; step < steps; step++) yield* program.#act(self);
    };
  }

  *#act(self: number): Generator<unknown, void, never> {
    const at = this.#choose(this.#channels.length);
    const act = this.#choose(16);
    if (act < 4) yield* this.#give(at, self);
    else if (act < 8) yield* this.#take(at, self);
    else if (act < 12) yield* this.#select(at, self);
    else if (act === 12) this.#try(at, self);
    else if (act === 13) yield* this.#cancel(this.#choose(this.#fibers.length), at, self);
    else if (act === 14) this.#end(at);
    else {
      const before = now();
      yield* sleep(this.#choose(3));
      if (now() < before) throw new Error("time went back");
    }
  }

  *#give(at: number, self: number): Generator<unknown, void, never> {
    const item = this.#ledger.offer(at, self);
    try {
      const accepted = yield* this.#at(at).give(item, { signal: this.#cut.signal });
      this.#ledger.answered(item, accepted);
    } catch (error) {
      if (error !== CUT) throw error;
    }
  }

  *#take(at: number, self: number): Generator<unknown, void, never> {
    try {
      const item = yield* this.#at(at).take({ signal: this.#cut.signal });
      if (item !== CLOSED) this.#ledger.taken(item, at, self);
    } catch (error) {
      if (error !== CUT && error !== ABORTED) throw error;
    }
  }

  // Takes at one channel and gives at the others, or also times out: exactly one of it must come about.
  *#select(at: number, self: number): Generator<unknown, void, never> {
    const clauses = this.#channels.map((each, i) =>
      i === at ? each : ([each, this.#ledger.offer(i, self)] as [Channel<Item>, Item]),
    );
    const wait = this.#choose(2) === 0 ? null : timeout(1 + this.#choose(2));
    try {
      const hit = yield* (this.#choose(2) === 0 ? select : rselect)([...clauses, wait]);
      const clause = clauses[hit.index];
      if (hit.tag === "take") this.#ledger.taken(hit.value, at, self);
      else if (hit.tag === "closed" && !hit.channel.closed) throw new Error("an open channel was called closed");
      else if (Array.isArray(clause)) this.#ledger.answered(clause[1], hit.tag === "give");
    } catch (error) {
      if (error !== ABORTED) throw error;
    }
  }

  *#cancel(which: number, at: number, self: number): Generator<unknown, void, never> {
    (this.#fibers[which] as Fiber<void>).cancel();
    if (which !== self) return;
    yield* this.#at(at).give(this.#ledger.offer(at, self));
    throw new Error("an operation of a cancelled fiber went on");
  }

  #try(at: number, self: number): void {
    if (this.#choose(2) === 0) {
      const item = this.#ledger.offer(at, self);
      this.#ledger.answered(item, this.#at(at).tryGive(item) === "ok");
      return;
    }
    try {
      const item = this.#at(at).tryTake();
      if (item !== EMPTY && item !== CLOSED) this.#ledger.taken(item, at, self);
    } catch (error) {
      if (error !== ABORTED) throw error;
    }
  }

  #end(at: number): void {
    const how = this.#choose(8);
    if (how === 0) this.#cut.abort(CUT);
    else if (how === 1) this.#at(at).abort(ABORTED);
    else if (how < 4)
      this.#finishes.push(
        this.#at(at)
          .finish()
          .then(null, () => {}),
      );
    else if (how < 6) this.#at(at).close();
  }

  #at(at: number): Channel<Item> {
    return this.#channels[at] as Channel<Item>;
  }
}

function random(channels: number, fibers: number, steps: number): SimulationBody<void> {
  return (simulation) => new Program(simulation, channels).run(fibers, steps);
}

describe("the select and cancel cores", () => {
  test("keep account of every value in 12,000 programs of gives, takes, selects, cancels and ends", async () => {
    let runs = 0;
    for (const body of [random(1, 4, 3), random(2, 5, 4), random(3, 8, 6)]) {
      runs += (await explore(body, { runs: 4000 })).runs;
    }
    expect(runs).toBe(12_000);
  });

  // A select meets what it can commit with, what commits another of its clauses, and its cancel; each may come first.
  // With room in its channels a select that gives never has to wait for the second.
  test.each([
    [0, "take", ["cancelled", "take 0", "take 1"]],
    [0, "give", ["cancelled", "give 0", "give 1"]],
    [1, "take", ["cancelled", "take 0", "take 1"]],
    [1, "give", ["cancelled", "give 0"]],
  ])("commit one clause in every order: capacity %d, a select that would %s", async (capacity, way, outcomes) => {
    const seen = new Set<string>();
    const { complete } = await explore(() => meeting(capacity, way === "give", seen), {
      mode: "exhaustive",
      preempt: capacity === 0,
      runs: Number.POSITIVE_INFINITY,
    });
    expect([complete, [...seen].sort()]).toEqual([true, outcomes]);
  });
});

function* meeting(capacity: number, gives: boolean, seen: Set<string>): Generator<unknown, void, never> {
  const ledger = new Ledger();
  const channels = [channel<Item>(capacity), channel<Item>(capacity)] as const;
  const give = function* (at: number, giver: number): Generator<unknown, void, never> {
    const item = ledger.offer(at, giver);
    ledger.answered(item, yield* (channels[at] as Channel<Item>).give(item));
  };
  const take = function* (at: number, taker: number): Generator<unknown, void, never> {
    const item = yield* (channels[at] as Channel<Item>).take();
    if (item !== CLOSED) ledger.taken(item, at, taker);
  };
  const fibers = [0, 1].map((at) =>
    go(function* (): Generator<unknown, void, never> {
      yield "free";
      yield* gives ? take(at, 1) : give(at, 1);
    }),
  );
  let came = "cancelled";
  const selecting = go(function* (): Generator<unknown, void, never> {
    yield "free";
    const items = [ledger.offer(0, 0), ledger.offer(1, 0)] as const;
    const [a, b] = channels;
    const hit = yield* gives
      ? select([
          [a, items[0]],
          [b, items[1]],
        ])
      : select([a, b]);
    came = `${hit.tag} ${hit.index}`;
    if (hit.tag === "take") ledger.taken(hit.value, hit.index, 0);
    if (hit.tag === "give") ledger.answered(items[hit.index], true);
  });
  void go(function* () {
    yield "free";
    selecting.cancel();
  });
  yield* sleep(1);
  seen.add(came);
  checkQuiet(channels, [...fibers, selecting]);
  for (const fiber of fibers) fiber.cancel();
  yield* sleep(1);
  ledger.close(channels);
}
