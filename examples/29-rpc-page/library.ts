// What the server offers and the page calls: the types of both come from here.
import { contract, method } from "@good-place/hemple/client";
import { z } from "zod";

export const library = contract({ find: method({ input: z.string().max(100), output: z.array(z.string()) }) });
