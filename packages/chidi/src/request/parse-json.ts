/**
 * JSON that strangers send. Refused are texts nested so deep that walking their value would overflow the stack, and keys
 * that change an object's prototype where the value is copied carelessly.
 */
import { refusal } from "../errors.js";

const MOST_DEPTH = 200;
const QUOTE = 34;
const BACKSLASH = 92;

// The key as it stands, or with any of its characters as \u escapes.
const suspicious = /"(?:_|\\u005f){2}(?:[proto]|\\u00[67][0-9a-f]){5}(?:_|\\u005f){2}"\s*:/i;

/** The value of a JSON text. Fails with BAD_JSON for what is none, has a `__proto__` key, or is nested over 200 deep. */
export function parseJson(text: string): unknown {
  if (tooDeep(text)) throw refusal(400, "BAD_JSON", `the body is nested more than ${MOST_DEPTH} deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(400, "BAD_JSON", "the body is not JSON", cause);
  }
  if (suspicious.test(text)) refuseProto(text);
  return value;
}

// The pattern finds such text inside strings too; the parser knows what is a key.
function refuseProto(text: string): void {
  JSON.parse(text, (key, value) => {
    if (key === "__proto__") throw refusal(400, "BAD_JSON", "the body has a key __proto__");
    return value;
  });
}

// Cost: most texts have fewer opening brackets than may be nested, and are not looked at any further.
function tooDeep(text: string): boolean {
  if (fewBrackets(text)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    // [ and {, ] and } differ in one bit.
    else if ((code | 32) === 123 && ++depth > MOST_DEPTH) return true;
    else if ((code | 32) === 125) depth--;
  }
  return false;
}

function fewBrackets(text: string): boolean {
  if (text.length <= 2 * MOST_DEPTH) return true;
  let found = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++found > MOST_DEPTH) return false;
    }
  }
  return true;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
