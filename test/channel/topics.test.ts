import {
  type Channel,
  CLOSED,
  channel,
  dropping,
  EMPTY,
  go,
  scope,
  sliding,
  type Topics,
  topics,
} from "@good-place/channel";
import { describe, expect, test } from "vitest";
import { codeOf, codeThrown, collectingUnhandled, turn, turns } from "./turn.js";

interface News {
  topic: string;
  n: number;
}

/** A source with a buffer, and its topics. */
function press(options?: Parameters<typeof topics<News, string>>[2]): {
  source: Channel<News>;
  feed: Topics<News, string>;
} {
  const source = channel<News>(99);
  return { source, feed: topics(source, (news) => news.topic, options) };
}

function publish(source: Channel<News>, topic: string, ...numbers: number[]): void {
  for (const n of numbers) source.tryGive({ topic, n });
}

/** What can be taken now. */
function heard(from: Channel<News>): number[] {
  const seen: number[] = [];
  for (let news = from.tryTake(); news !== EMPTY && news !== CLOSED; news = from.tryTake()) seen.push(news.n);
  return seen;
}

describe("topics", () => {
  test("give each value to the subscriptions of its topic, in order, and finish them with the source", async () => {
    const { source, feed } = press({ buffer: 9 });
    const [sport, both, food] = [feed.subscribe("sport"), feed.subscribe("sport", 1), feed.subscribe("food")];
    publish(source, "sport", 1, 2);
    publish(source, "food", 3);
    publish(source, "sport", 4);
    source.close("late");
    const second: number[] = [];
    for await (const { n } of both) second.push(n);
    await feed.fiber;
    expect([heard(sport), second, heard(food), food.reason]).toEqual([[1, 2, 4], [1, 2, 4], [3], "late"]);
    expect(feed.statistics()).toEqual({ topics: 0, subscriptions: 0, given: 4, missed: 0 });
  });

  test("wait for a slow subscription when its buffer is full, and not before", async () => {
    const { source, feed } = press();
    const slow = feed.subscribe("slow", 2);
    const fast = feed.subscribe("fast", 9);
    publish(source, "slow", 1, 2);
    publish(source, "fast", 3);
    publish(source, "slow", 4);
    publish(source, "fast", 5);
    await turns();
    expect(heard(fast)).toEqual([3]);
    expect((await slow.take()) as News).toEqual({ topic: "slow", n: 1 });
    await turns();
    expect(heard(fast)).toEqual([5]);
  });

  test.each([
    ["slides", { buffer: sliding(1) }, [4]],
    ["drops", { buffer: dropping(1) }, [1]],
    ["is named for its topic", { buffer: (topic: string) => (topic === "slow" ? sliding(2) : 9) }, [2, 4]],
    ["is full, where slow ones are skipped", { buffer: 2, slow: "skip" as const }, [1, 2]],
  ])("hold up no other topic for a subscription whose buffer %s", async (_, options, kept) => {
    const { source, feed } = press(options);
    const [slow, fast] = [feed.subscribe("slow"), feed.subscribe("fast", 9)];
    publish(source, "slow", 1, 2);
    publish(source, "fast", 3);
    publish(source, "slow", 4);
    publish(source, "fast", 5);
    await turns();
    expect([heard(fast), heard(slow), slow.statistics().dropped]).toEqual([[3, 5], kept, 3 - kept.length]);
  });

  test("report and count what nobody has subscribed to", async () => {
    const lost: number[] = [];
    const { source, feed } = press({ onUndelivered: ({ n }) => lost.push(n) });
    publish(source, "none", 1, 2);
    await turns();
    expect([lost, feed.statistics()]).toEqual([[1, 2], { topics: 0, subscriptions: 0, given: 0, missed: 2 }]);
  });

  test("forget a topic in the step in which its last subscription is closed", async () => {
    const { source, feed } = press({ buffer: 9 });
    const [one, two] = [feed.subscribe("a"), feed.subscribe("a")];
    expect(feed.statistics()).toMatchObject({ topics: 1, subscriptions: 2 });
    one.close();
    two.close();
    expect(feed.statistics()).toMatchObject({ topics: 0, subscriptions: 0 });
    const again = feed.subscribe("a");
    publish(source, "a", 1);
    await turns();
    expect(heard(again)).toEqual([1]);
  });

  test("leave nothing behind: 100,000 that come, get a value and go", async () => {
    const source = channel<number>();
    const feed = topics(source, (n) => n);
    const reader = go(function* () {
      let sum = 0;
      for (let n = 0; n < 100_000; n++) {
        const own = feed.subscribe(n);
        yield* source.give(n);
        sum += (yield* own.take()) as number;
        own.close();
      }
      return sum;
    });
    expect(await reader).toBe((100_000 * 99_999) / 2);
    expect(feed.statistics()).toEqual({ topics: 0, subscriptions: 0, given: 100_000, missed: 0 });
    source.close();
    await feed.fiber;
  });

  test("may be subscribed to within topicOf: the subscription gets that very value", async () => {
    const source = channel<number>(3);
    const subscriptions: Channel<number>[] = [];
    const feed = topics(source, (n) => {
      if (subscriptions.length === 0) subscriptions.push(feed.subscribe("all", 9));
      if (n === 3) subscriptions[0]?.close();
      return "all";
    });
    for (const n of [1, 2, 3]) source.tryGive(n);
    await turns();
    expect([subscriptions[0]?.statistics().size, feed.statistics().missed]).toEqual([2, 1]);
  });

  test("tell topics apart as the keys of a Map", async () => {
    const source = channel<unknown>(4);
    const feed = topics(source, (value) => value);
    const key = {};
    const subscriptions = [Number.NaN, undefined, key].map((topic) => feed.subscribe(topic, 9));
    for (const value of [Number.NaN, undefined, key, {}]) source.tryGive(value);
    await turns();
    expect(subscriptions.map((each) => each.statistics().size)).toEqual([1, 1, 1]);
  });
});

describe("the end of topics", () => {
  const boom = new Error("boom");

  test("by an error of topicOf fails the scope, aborts the subscriptions, closes the source and reports the value", async () => {
    await collectingUnhandled(async (errors) => {
      const [lost, subscriptions]: [number[], Channel<number>[]] = [[], []];
      const source = channel<number>();
      const failed = scope(function* () {
        const bad = (): string => {
          throw boom;
        };
        const feed = topics(source, bad, { onUndelivered: (value) => lost.push(value) });
        subscriptions.push(feed.subscribe("a"));
        yield* source.give(1);
      });
      await expect(failed).rejects.toBe(boom);
      await expect(subscriptions[0]?.take()).rejects.toBe(boom);
      expect([lost, source.reason, errors]).toEqual([[1], boom, []]);
    });
  });

  test("by an error of topicOf at the root is unhandled where there is no subscription to tell", async () => {
    await collectingUnhandled(async (errors) => {
      for (const subscribed of [true, false]) {
        const source = channel<number>(1);
        const feed = topics(source, (): string => {
          throw boom;
        });
        const own = subscribed ? feed.subscribe("a") : null;
        source.tryGive(1);
        await turns();
        if (own !== null) await expect(own.take()).rejects.toBe(boom);
        expect(errors).toEqual(subscribed ? [] : [boom]);
        await expect(feed.subscribe("b").take()).rejects.toBe(boom);
      }
    });
  });

  test("by an abort aborts the subscriptions, and by a cancel too", async () => {
    const first = press();
    const own = first.feed.subscribe("a");
    await turn();
    first.source.abort(boom);
    await first.feed.fiber;
    await expect(own.take()).rejects.toBe(boom);
    const lost: number[] = [];
    const second = press();
    const full = second.feed.subscribe("a", 1, { onUndelivered: ({ n }) => lost.push(n) });
    publish(second.source, "a", 1, 2, 3);
    await turns();
    second.feed.fiber.cancel();
    expect(await codeOf(second.feed.fiber)).toBe("CANCELLED");
    expect([await codeOf(full.take()), lost.sort(), second.source.closed]).toEqual(["CANCELLED", [1, 2], true]);
    expect(heard(second.source)).toEqual([3]);
  });
});

describe("topics refuse", () => {
  const feed = topics(channel<number>().close(), (n) => n);
  test.each([
    ["no channel", () => topics(5 as never, () => 1), "NOT_A_CHANNEL"],
    ["no function", () => topics(channel(), "topic" as never), "NOT_A_TOPIC"],
    ["another way with slow ones", () => topics(channel(), () => 1, { slow: 1 as never }), "BAD_OPTION"],
    ["an unknown option", () => topics(channel(), () => 1, { bufer: 1 } as never), "UNKNOWN_OPTION"],
    ["a bad buffer", () => feed.subscribe(1, -1), "BAD_CAPACITY"],
    ["an unknown option of a subscription", () => feed.subscribe(1, 1, { slow: "skip" } as never), "UNKNOWN_OPTION"],
  ])("%s", (_, call, code) => {
    expect(codeThrown(call)).toBe(code);
  });
});
