/**
 * Checked by `tsc -p test`, never run: what the types of the store allow and refuse.
 */
import { sleep } from "@good-place/channel";
import {
  type Act,
  acts,
  type CocoonSpec,
  type Cx,
  cocoon,
  payload,
  type StandardSchema,
  shawn,
  snoop,
  type Table,
  table,
  thread,
} from "@good-place/shawn";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

interface Clock {
  now: number;
}
interface Office extends Clock {
  running: string | null;
  tasks: Table<{ id: string; spent: number }>;
}

const tickClock = acts<Clock>()("clock/tick", payload<number>()).does({
  update: (clock, ms) => {
    clock.now += ms;
  },
});
const act = acts<Office>();

// Acts that refer to themselves and to each other compile.
export const ping = act("ping", payload<number>()).does({ watch: (_, n) => (n > 0 ? pong(n - 1) : undefined) });
export const pong = act("pong", payload<number>()).does({ watch: (_, n) => [ping(n), pong(n)] });
export const loop = act("loop").does({
  async *watch(_, __, cx) {
    while (!cx.signal.aborted) {
      await cx.sleep(1000);
      yield loop();
    }
  },
});

// Payloads, names and envelopes are what they were said to be.
same<ReturnType<typeof ping>, Act<"ping", number>>(true);
same<Parameters<typeof loop>, [payload?: undefined]>(false);
// @ts-expect-error the payload is a number
ping("1");
// @ts-expect-error the payload is missing
ping();
loop();
act("start", payload<string>()).does({
  update(office, id, meta) {
    same<typeof id, string>(true);
    same<typeof meta.at, number>(true);
    office.tasks.at(id).spent += 1;
    // @ts-expect-error there is no such field
    office.stopped = true;
    // @ts-expect-error it is a string or null
    office.running = 5;
  },
  spy: () =>
    snoop(
      (office: Office) => office.running,
      (now, was, { stop }) => {
        same<typeof now, string | null>(true);
        same<typeof was, string | null>(true);
        stop();
      },
    ),
  effect(office) {
    same<typeof office.now, number>(true);
  },
});
// @ts-expect-error a watch cannot return a number
act("odd").does({ watch: () => 5 });
act("odd").does({
  // @ts-expect-error an async generator yields acts
  async *watch() {
    yield 5;
  },
});
act("odd").does({
  // @ts-expect-error a generator yields acts and operations
  *watch() {
    yield 5;
  },
});
act("even").does({
  *watch() {
    yield ping(1);
    yield* sleep(1);
  },
});

// A cocoon's body knows the envelope of the act that it stands in.
act("knows").does({ watch: () => cocoon((cx) => same<typeof cx.envelope, Office>(true)) });
act("knows").does({
  watch(office) {
    if (office.running === null) return;
    return [
      ping(1),
      cocoon(
        async function* (cx) {
          await cx.sleep(1);
          same<typeof cx.envelope, Office>(true);
          yield ping(1);
        },
        { policy: "latest" },
      ),
    ];
  },
});
act("knows").does({
  spy: () =>
    snoop(
      (office: Office) => office.running,
      () => cocoon((cx) => same<typeof cx.envelope, Office>(true)),
    ),
});
act("part").does({ watch: () => cocoon((cx: Cx<Pick<Office, "running">>) => cx.envelope.running) });
// @ts-expect-error a cocoon for another envelope
act("foreign").does({ watch: () => cocoon((cx: Cx<{ other: number }>) => cx.envelope.other) });

// @ts-expect-error what types a payload is `payload<T>()`, or a schema checks it
act("odd", { type: "string" });

// So do the bodies of cocoons; what they take and return is theirs to say.
export const specs: CocoonSpec[] = [
  cocoon(() => 5),
  cocoon(async () => "product"),
  cocoon(() => sleep(1)),
  cocoon(function* (cx: Cx<Office>) {
    same<typeof cx.envelope, Office>(true);
    yield* sleep(1);
    yield ping(1);
    yield* cx.emerge(ping(1));
    return 5;
  }),
  cocoon(async function* (cx) {
    await cx.sleep(1);
    yield ping(1);
    return 5;
  }),
  cocoon((_: Cx<Office>): unknown => 5, { restart: { restarts: 3, backoff: { minMs: 10 } } }),
  thread("file:///work.js", { n: 1 }, { key: "work", policy: "queue", restart: true, graceMs: 5 }),
];
// @ts-expect-error an async generator yields acts
cocoon(async function* () {
  yield 5;
});
// @ts-expect-error a generator yields acts and operations
cocoon(function* () {
  yield "word";
});
// @ts-expect-error a promise is waited for by until()
cocoon(function* () {
  yield Promise.resolve(1);
});
// @ts-expect-error there is no such policy
cocoon(() => 5, { policy: "last" });
// @ts-expect-error there is no such option
cocoon(() => 5, { restart: { times: 3 } });
// @ts-expect-error only a cocoon's body can be anything
act("odd").does({ watch: () => cocoon });
act("working").does({ watch: () => [thread("file:///work.js"), cocoon(() => 5, { restart: true })] });

// A schema's input is what the act takes, its output what the update gets.
declare const schema: StandardSchema<string, number>;
const parsed = act("parsed", schema).does({
  update(_, n) {
    same<typeof n, number>(true);
  },
});
parsed("5");
// @ts-expect-error the input is a string
parsed(5);
const some: Act = parsed("5");
if (parsed.match(some)) same<typeof some.payload, number>(true);

// An act for a part of the envelope fits a bigger store, but not one that lacks the field.
const office = shawn<Office>(
  { now: 0, running: null, tasks: table() },
  { acts: [tickClock, ping, pong, loop, parsed] },
);
// @ts-expect-error the store has no tasks
shawn<Clock>({ now: 0 }, { acts: [tickClock, ping] });
// @ts-expect-error the envelope lacks what the act works on
shawn({ running: null }, { acts: [tickClock] });
same<typeof office.envelope, Office>(true);
office.confirm(ping(1), { name: "pong", payload: 1 });
// @ts-expect-error a definition is no act
office.confirm(ping);
void office.confirmAt("memory", ping(1));
// @ts-expect-error there is no such level
void office.confirmAt("os", ping(1));
act("parsed/kept", schema, { kept: payload<number>() });
// @ts-expect-error what is kept of an unchecked payload is not checked
act("unparsed/kept", payload<number>(), { kept: schema });
office.subscribe((next, previous, confirmed) => {
  same<typeof next, Office>(true);
  same<typeof previous, Office>(true);
  same<(typeof confirmed)[number]["meta"]["seq"], number>(true);
});
office.subscribe(
  ({ tasks }) => tasks.get("a")?.spent,
  (now, was) => same<[typeof now, typeof was], [number | undefined, number | undefined]>(true),
);
// @ts-expect-error the listener gets what the selector gives
office.subscribe((all) => all.now, takesWord);
declare function takesWord(word: string): void;
export async function admitted(): Promise<void> {
  const [envelope, ...products] = await office.admit();
  same<typeof envelope, Office>(true);
  same<typeof products, unknown[]>(true);
}
// @ts-expect-error a table's key is one of its rows' fields
table<{ id: string }>({ key: "name" });
