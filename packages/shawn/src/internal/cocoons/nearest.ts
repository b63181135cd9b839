/**
 * The cocoon that a fiber belongs to, handed down to whatever its body starts: whose act it is that `emerge` follows from.
 */
import { type Fiber, type Local, local } from "@good-place/channel";

export const nearestCocoon: Local<Fiber<unknown>> = local();
