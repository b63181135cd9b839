/**
 * The page's key. It comes behind the # of the address that the server has printed, is kept by the browser for this
 * address, and taken out of the address bar, so that nobody reads it over a shoulder or from a bookmark.
 */
const NAME = "neil-key";

/** The key, or undefined where this browser was never given one. */
export function pageKey(): string | undefined {
  const [, given] = /^#key=([\w-]+)$/.exec(location.hash) ?? [];
  if (given === undefined) return localStorage.getItem(NAME) ?? undefined;
  localStorage.setItem(NAME, given);
  history.replaceState(null, "", location.pathname);
  return given;
}
