/**
 * The contract on fiber channels: both ends are the same object, first as it is, then with a far end whose commands and
 * outcomes cross a message port, as those of another thread do.
 */
import { type Buffer, type Channel, channel, go, until } from "@good-place/channel";
import { afterAll } from "vitest";
import { turns } from "../../channel/turn.js";
import { contract } from "./contract.js";
import { type Desk, End } from "./end.js";
import { deskBehind, deskOf, type Ends, type MakeOptions, type Maker } from "./maker.js";
import { Operator, type Port, serve } from "./operator.mjs";

function maker(name: string, operator: Operator, farDesk: Desk, programs: number): Maker {
  let count = 0;
  return {
    name,
    lacks: {},
    programs,
    make<T>(buffer: number | Buffer = 0, options: MakeOptions = {}): Ends<T> {
      const lost: T[] = [];
      const at = ++count;
      const both = channel<T>(buffer, { ...options, onUndelivered: (value) => void lost.push(value) });
      operator.add(at, both as Channel<unknown>);
      return { near: new End<T>(deskOf(operator), at), far: new End<T>(farDesk, at), lost };
    },
    run: (body) => go(body),
    settle: () => until(turns()),
  };
}

const here = new Operator();
contract(maker("fibers", here, deskOf(here), 300));

const { port1, port2 } = new MessageChannel();
const there = new Operator();
serve(port2 as unknown as Port, there);
afterAll(() => port1.close());
contract(maker("fibers, the far end behind a message port", there, deskBehind(port1 as unknown as Port), 60));
