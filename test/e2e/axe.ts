/**
 * Asks axe-core of a page. It has to be there already: `context.addInitScript({ path: axe })`.
 */
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright";

export const axe: string = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const asked: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true } },
};

/** What violates WCAG 2.2 AA or the best practice that axe knows: the rule, and the element. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run(o: unknown): Promise<AxeResults> } }).axe.run(options),
    asked as object,
  );
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
