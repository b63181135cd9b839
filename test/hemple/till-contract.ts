/** The contract of `till.ts`, for both processes. */
import { contract, method } from "@good-place/hemple";
import { z } from "zod";

export const till = contract({
  pay: method({ input: z.number(), output: z.string() }),
  log: method({ input: z.number(), stream: z.number(), position: (item) => item }),
});
