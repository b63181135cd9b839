/**
 * Where a redirect leads, and what may go there: nothing that names the user leaves the origin, and TLS is not left.
 */
import { ClientError } from "./client-error.js";
import type { Head, Sending } from "./exchange.js";
import { Upload } from "./upload.js";

/** A request and where it goes. */
export interface Target extends Sending {
  readonly url: URL;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Headers that are for one origin. */
const OWN: readonly string[] = ["authorization", "cookie", "proxy-authorization", "host"];
/** Headers that are of a body. */
const OF_BODY: readonly string[] = ["content-type", "content-length", "content-encoding", "content-language"];

/** The next request, or null where the answer is no redirect. Throws REDIRECT_REFUSED where it must not be followed. */
export function redirected(
  target: Target,
  { status, headers, url: from }: Head & { readonly url: string },
): Target | null {
  const { location } = headers;
  if (!REDIRECTS.includes(status) || typeof location !== "string") return null;
  const url = URL.canParse(location, from) ? new URL(location, from) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw refused("it leads to no http or https URL");
  }
  if (from.startsWith("https:") && url.protocol === "http:") throw refused("it leads from https to http");
  url.hash = "";
  const bare = status === 303 ? target.method !== "HEAD" : status <= 302 && target.method === "POST";
  if (!bare && !target.upload.available) throw refused("the body cannot be sent a second time");
  const dropped = [...(url.origin === new URL(from).origin ? [] : OWN), ...(bare ? OF_BODY : [])];
  return {
    url,
    path: url.pathname + url.search,
    headers: Object.fromEntries(Object.entries(target.headers).filter(([name]) => !dropped.includes(name))),
    ...(bare
      ? { method: "GET", upload: new Upload(undefined), idempotent: true }
      : { method: target.method, upload: target.upload, idempotent: target.idempotent }),
  };
}

export function refused(why: string): ClientError {
  return new ClientError("REDIRECT_REFUSED", `a redirect was not followed: ${why}`, { phase: "headers" });
}
