/**
 * What the compiler must accept and refuse. Checked by `tsc -p test`; nothing here runs.
 */
import { CLOSED, channel } from "@good-place/channel";
import { type Client, contract, type Handlers, method, type Stream } from "@good-place/hemple";
import { number, text } from "./schemas.js";

const shop = contract({ price: method({ input: text, output: number }), ping: method() });
declare const tell: Client<typeof shop>;

const price: PromiseLike<number> = tell.price("tea", { deadlineMs: 5 });
const pong: PromiseLike<undefined> = tell.ping();
const handlers: Handlers<typeof shop> = { price: (input, call) => input.length + call.roles.length, ping() {} };
const later: Handlers<typeof shop> = { price: async (input) => input.length, ping: async () => undefined };

// @ts-expect-error the input is a string
void tell.price(1);
// @ts-expect-error the input is missing
void tell.price();
// @ts-expect-error there is no such option
void tell.price("tea", { deadline: 5 });
// @ts-expect-error the contract has no such method
void tell.cost("tea");
// @ts-expect-error the answer is a number
const wrong: PromiseLike<string> = tell.price("tea");
// @ts-expect-error the handler answers with a number
const liar: Handlers<typeof shop> = { price: () => "cheap", ping() {} };
// @ts-expect-error a handler is missing
const lazy: Handlers<typeof shop> = { ping() {} };

const hall = contract({
  news: method({ input: text, stream: number, position: (item) => item }),
  sum: method({ feed: number, output: number }),
  chat: method({ feed: text, stream: number }),
});
declare const say: Client<typeof hall>;

const news: Stream<number> = say.news("all");
const sum: PromiseLike<number> = say.sum(undefined, [1, 2]);
const chat: AsyncIterable<number> = say.chat(undefined, channel<string>(), { deadlineMs: 5 });
const halls: Handlers<typeof hall> = {
  *news(_, call) {
    yield* call.give(Number(call.after));
  },
  sum: async (_, { feed }) => {
    const item: number | typeof CLOSED = await feed.take();
    return item === CLOSED ? 0 : item;
  },
  async *chat(_, { feed }) {
    for await (const line of feed) yield line.length;
  },
};
// @ts-expect-error what is fed is missing
void say.sum();
// @ts-expect-error what is fed is numbers
void say.sum(undefined, ["one"]);
// @ts-expect-error a stream is no answer
const answer: PromiseLike<number> = say.news("all");
// @ts-expect-error the items are numbers
const wrongItems: Handlers<typeof hall> = { ...halls, news: () => ["one"] };
// @ts-expect-error nothing is fed to this method
const unfed: Handlers<typeof hall> = { ...halls, news: (_, call) => [call.feed.length] };

void [price, pong, handlers, later, wrong, liar, lazy, news, sum, chat, halls, answer, wrongItems, unfed];
