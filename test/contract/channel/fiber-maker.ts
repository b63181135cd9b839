/**
 * The maker of fiber channels: both ends are the same object.
 */
import { type Buffer, type Channel, channel, go, until } from "@good-place/channel";
import { turns } from "../../channel/turn.js";
import { type Desk, End } from "./end.js";
import { deskOf, type Ends, type MakeOptions, type Maker } from "./maker.js";
import { Operator } from "./operator.mjs";

/** Where the far end's commands go is the caller's choice; to the same operator by default. */
export function fiberMaker(name: string, operator: Operator = new Operator(), farDesk: Desk = deskOf(operator)): Maker {
  const nearDesk = deskOf(operator);
  let count = 0;
  return {
    name,
    lacks: {},
    programs: 300,
    make<T>(buffer: number | Buffer = 0, options: MakeOptions = {}): Ends<T> {
      const lost: T[] = [];
      const at = ++count;
      const both = channel<T>(buffer, { ...options, onUndelivered: (value) => void lost.push(value) });
      operator.add(at, both as Channel<unknown>);
      return { near: new End<T>(nearDesk, at), far: new End<T>(farDesk, at), lost };
    },
    run: (body) => go(body),
    settle: () => until(turns()),
  };
}
