/**
 * What the compiler must accept and refuse. Checked by `tsc -p test`; nothing here runs.
 */
import { type Client, contract, type Handlers, method } from "@good-place/hemple";
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
// @ts-expect-error streams are not supported yet
method({ stream: text });

void [price, pong, handlers, later, wrong, liar, lazy];
