/** `neil web`: where the page is. It is on the machine of the server, and opens only with its key. */
import { EXIT } from "../../errors.js";
import { call } from "../call.js";
import type { Parsed } from "../command.js";
import { print } from "../print.js";

export async function web({ json }: Parsed): Promise<number> {
  const { url } = await call((neil, options) => neil.page({}, options));
  print(json, { page: url }, url);
  return EXIT.ok;
}
