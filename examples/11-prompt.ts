// A prompt: every key is an act, and a cocoon reads the keys. It ends with q, Ctrl-C, Ctrl-D, or the end of its input;
// so `printf '+\n+\np\nq\n' | npx tsx examples/11-prompt.ts` works as well as typing.
import { CLOSED, channel, unbounded } from "@good-place/channel";
import { type Act, acts, payload, shawn } from "@good-place/shawn";

interface Counter {
  count: number;
}
const act = acts<Counter>();

const add = act("add", payload<number>()).does({
  update(counter, n) {
    counter.count += n;
  },
});
const zero = act("zero").does({
  update(counter) {
    counter.count = 0;
  },
});
// Chance is drawn here, so that the act that changes the counter is data, and runs the same when it is run again.
const randomly = act("randomly").does({ watch: (_counter, _payload, cx) => add(Math.floor(cx.random() * 21) - 10) });
const print = act("print").does({ effect: ({ count }, _payload, cx) => cx.log(`the count is ${count}`) });
const help = act("help").does({
  effect: (_counter, _payload, cx) =>
    cx.log("keys: + one more, - one less, 0 zero, r by chance, p print, h help, q quit"),
});

const commands: Readonly<Record<string, () => Act>> = {
  "+": () => add(1),
  "-": () => add(-1),
  "0": zero,
  r: randomly,
  p: print,
  h: help,
};
const ends: readonly unknown[] = [CLOSED, "q", "\u0003", "\u0004"];

const keys = channel<string>(unbounded());
const prompt = act("prompt").does({
  *watch() {
    yield help();
    for (let typed = 0; ; typed++) {
      const key = yield* keys.take();
      if (ends.includes(key)) return typed;
      const command = commands[key as string];
      yield command === undefined ? help() : command();
    }
  },
});

const { stdin } = process;
// A terminal gives each key at once, Ctrl-C and Ctrl-D too; anything else gives its text.
stdin.setRawMode?.(true);
stdin.setEncoding("utf8");
stdin.on("data", (text: string) => {
  for (const key of text) if (!" \t\r\n".includes(key)) keys.tryGive(key);
});
stdin.once("end", () => keys.close());
process.once("SIGINT", () => keys.close());

const counter = shawn<Counter>({ count: 0 }, { acts: [add, zero, randomly, print, help, prompt] });
counter.confirm(prompt());
const [{ count }, typed] = await counter.admit();
console.log(`${typed} keys later the count is ${count}; take it sleazy`);
await counter.dismiss();
stdin.setRawMode?.(false);
stdin.pause();
