/**
 * `neil dash`: a store, its state on the screen, and keys as its acts. `--plain`, and wherever there is no terminal, it is
 * one screen of text.
 */
import { shawn } from "@good-place/shawn";
import { call } from "../cli/call.js";
import type { Command, Parsed } from "../cli/command.js";
import { print } from "../cli/print.js";
import { now } from "../clock.js";
import { EXIT } from "../errors.js";
import { dashActs, ended, noticed, sized, start } from "./acts.js";
import { following } from "./follow.js";
import { captured } from "./output.js";
import { press } from "./press.js";
import { terminal } from "./screen/terminal.js";
import { type Books, type Dash, newDash } from "./state.js";
import { plainView, view } from "./view.js";

export async function dash(parsed: Parsed, commands: readonly Command[]): Promise<number> {
  const { stdin, stdout } = process;
  const tz = parsed.options.tz === undefined ? null : parsed.here.zone;
  const begin = newDash({ commands, now: now(), tz });
  if (parsed.json || parsed.flag("plain") || !stdout.isTTY || !stdin.isTTY) return await showOnce(parsed, begin);
  return await showLive(begin);
}

async function showOnce({ json }: Parsed, begin: Dash): Promise<number> {
  const books = await call(async (neil): Promise<Books | null> => {
    for await (const first of following(neil, begin)) return first;
    return null;
  });
  if (books === null) return EXIT.internal;
  const { here, ...told } = books;
  const text = plainView({ ...begin, now: here.now, books });
  print(json, { now: new Date(here.now).toISOString(), zone: here.zone, ...told }, text);
  return EXIT.ok;
}

async function showLive(begin: Dash): Promise<number> {
  const { promise, settle, fail } = outcome();
  const store = shawn<Dash>(begin, {
    acts: dashActs,
    onError: ({ error }) => fail(error),
  });
  await using _store = { [Symbol.asyncDispose]: () => store.dismiss("the dash ends") };
  using screen = terminal({
    input: process.stdin,
    output: process.stdout,
    colour: !process.env.NO_COLOR,
    key: (key) => store.confirm(...press(store.envelope, key)),
    resized: () => store.confirm(sized(screen.size)),
    ended: (exit) => store.confirm(ended(exit)),
  });
  using _console = captured((text) => store.confirm(noticed({ text })));
  let soon = false;
  store.subscribe((next) => {
    if (next.ended !== null) settle(next.ended);
    if (soon) return;
    soon = true;
    // Once for all that happens in this turn.
    setImmediate(() => {
      soon = false;
      try {
        screen.show(view(store.envelope));
      } catch (error) {
        fail(error);
      }
    });
  });
  store.confirm(sized(screen.size), start());
  return await promise;
}

interface Outcome {
  readonly promise: Promise<number>;
  readonly settle: (exit: number) => void;
  readonly fail: (error: unknown) => void;
}

function outcome(): Outcome {
  let settle: Outcome["settle"] = () => {};
  let fail: Outcome["fail"] = () => {};
  const promise = new Promise<number>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { promise, settle, fail };
}
