/** Plain HTML forms: bodies of application/x-www-form-urlencoded. */
import { type Op, until } from "@good-place/channel";
import { checkOptions, describe, misuse } from "@good-place/channel/misuse";
import { refusal } from "../errors.js";
import { mediaType } from "./media-type.js";
import { type HttpRequest, headerOf } from "./request.js";

export interface FormOptions {
  /** Fields of a form; 1000 by default. More is 413. */
  readonly maxFields?: number | undefined;
}

const FORM = "application/x-www-form-urlencoded";

/**
 * The fields of a form. Fails with BAD_MEDIA_TYPE (415) for another body, FORM_TOO_LARGE (413) for too many fields, and as
 * `text` does. Throws BAD_OPTION.
 */
export function form(request: HttpRequest, options: FormOptions = {}): Op<URLSearchParams> {
  checkOptions("form()", options, ["maxFields"]);
  const { maxFields = 1000 } = options;
  if (!Number.isInteger(maxFields) || maxFields < 1) {
    throw misuse("range", "BAD_OPTION", `form() option maxFields must be an integer >= 1, got ${describe(maxFields)}`);
  }
  return until(read(request, maxFields));
}

async function read(request: HttpRequest, maxFields: number): Promise<URLSearchParams> {
  const { type, parameters } = mediaType(headerOf(request, "content-type") ?? "");
  const charset = parameters.get("charset")?.toLowerCase() ?? "utf-8";
  if (type !== FORM || charset !== "utf-8") {
    throw refusal(415, "BAD_MEDIA_TYPE", `the body is no ${FORM} in UTF-8`);
  }
  const text = await request.text();
  let fields = 1;
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", at + 1)) {
    if (++fields > maxFields)
      throw refusal(413, "FORM_TOO_LARGE", `the form has more than ${maxFields} fields (maxFields)`);
  }
  return new URLSearchParams(text);
}
