/**
 * The page's key. It comes behind the # of the address that the server has printed, is kept by the browser for this
 * address, and taken out of the address bar, so that nobody reads it over a shoulder or from a bookmark.
 */
const NAME = "neil-key";
const GIVEN = /^#key=([\w-]+)$/;

/** The key, or undefined where this browser was never given one. */
export function pageKey(): string | undefined {
  const [, given] = GIVEN.exec(location.hash) ?? [];
  if (given === undefined) return localStorage.getItem(NAME) ?? undefined;
  localStorage.setItem(NAME, given);
  history.replaceState(null, "", location.pathname);
  return given;
}

/** Calls back when an open page is given a key: by an address that is typed into its bar, or in another of its pages. */
export function keyGiven(given: () => void): void {
  addEventListener("hashchange", () => GIVEN.test(location.hash) && given());
  addEventListener("storage", ({ key, newValue }) => key === NAME && newValue !== null && given());
}
