// The bodies that the tests of thread cocoons run, chosen by their input.
import { emergence, go, sleep } from "@good-place/channel";

const note = (payload) => ({ name: "note", payload });
const emerge = (...acts) => emergence(undefined, acts);

const bodies = {
  *counting({ from, to }) {
    for (let n = from; n < to; n++) yield note(n);
    return `counted to ${to}`;
  },
  *mixed() {
    yield note("yielded");
    yield* emerge(note("emerged"), note("with it"));
    yield note("yielded last");
  },
  *emerging({ confirmed }) {
    yield* emerge(note("asked"));
    yield* confirmed.give("answered");
  },
  *refused({ acts }) {
    const codes = [];
    for (const act of acts) {
      try {
        yield* emerge(act);
      } catch (error) {
        codes.push(error.code);
      }
    }
    return codes;
  },
  *yielding({ acts, wait }) {
    yield* acts;
    if (wait) yield* sleep(1_000_000);
    return "not this";
  },
  *trying({ outcomes }) {
    const outcome = yield* outcomes.take();
    yield note(outcome);
    if (outcome === "failure") throw new Error(outcome);
    return outcome;
  },
  *patient({ started }) {
    try {
      yield* started.give(true);
      yield* sleep(1_000_000);
    } finally {
      yield note("ended in order");
    }
  },
  *withChildren() {
    void go(() => sleep(1_000_000));
    yield* go(() => emerge(note("of a child")));
    yield note("of its parent");
    return "parent";
  },
  *rushing({ count }) {
    for (let n = 0; n < count; n++) yield note(n);
    yield note("refused");
    return "not this";
  },
};

export default (input) => bodies[input.body](input);
