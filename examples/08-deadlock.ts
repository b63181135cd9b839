// Two cooks take the same two pans, each in its own order. It works nearly always; explore finds the order in which it does not.
import { type Channel, channel, scope } from "@good-place/channel";
import { type DeadlockError, type ExploreError, explore, simulate } from "@good-place/channel/simulation";

// A pan is free while its channel holds a value: taking it locks, giving it back unlocks.
function pan(name: string): Channel<string> {
  const free = channel<string>(1, { name });
  free.tryGive(name);
  return free;
}

function* kitchen(): Generator<unknown, void, never> {
  const [skillet, wok] = [pan("skillet"), pan("wok")];
  const cook = (first: Channel<string>, second: Channel<string>) =>
    function* (): Generator<unknown, void, never> {
      yield* first.take();
      yield* second.take();
      yield* second.give("clean");
      yield* first.give("clean");
    };
  yield* scope(function* dinner({ go }) {
    const both = [go(cook(skillet, wok), { name: "Eleanor" }), go(cook(wok, skillet), { name: "Chidi" })];
    for (const each of both) yield* each;
  });
}

const found = await explore(kitchen, { seed: "dinner" }).then(null, (error: ExploreError) => error);
if ("seed" in found) {
  console.log(`run ${found.runs} found it: seed ${found.seed}`);
  console.log((found.cause as DeadlockError).message);
  // The seed shows the same run again, as often as needed to understand it.
  const again = await simulate({ seed: found.seed }, kitchen).then(null, (error: DeadlockError) => error);
  console.log("again:", again?.parked.map(({ name }) => name).join(", "));
}
