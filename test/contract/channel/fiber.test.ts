/**
 * The contract on fiber channels: both ends are the same object, first as it is, then with a far end whose commands and
 * outcomes cross a message port, as those of another thread do.
 */
import { afterAll } from "vitest";
import { contract } from "./contract.js";
import { fiberMaker } from "./fiber-maker.js";
import { deskBehind } from "./maker.js";
import { Operator, type Port, serve } from "./operator.mjs";

contract(fiberMaker("fibers"));

const { port1, port2 } = new MessageChannel();
const operator = new Operator();
serve(port2 as unknown as Port, operator);
afterAll(() => port1.close());
const behindPort = fiberMaker(
  "fibers, the far end behind a message port",
  operator,
  deskBehind(port1 as unknown as Port),
);
contract({ ...behindPort, programs: 60 });
