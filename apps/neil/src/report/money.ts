/**
 * Money: whole numbers of a currency's smallest unit, never fractions. How many digits a currency has, the platform knows.
 */

/** Sums by currency, in minor units: { EUR: 12345 } are 123.45 euros. */
export type Money = Readonly<Record<string, number>>;

export interface Amount {
  readonly currency: string;
  /** Minor units. */
  readonly minor: number;
}

/** "60EUR", "60.50 EUR" or "60,50EUR"; undefined where it is none, or has more digits than its currency. */
export function parseAmount(text: string): Amount | undefined {
  const [, whole = "", fraction = "", letters = ""] = /^(\d{1,12})(?:[.,](\d{1,4}))? ?([A-Za-z]{3})$/.exec(text) ?? [];
  const currency = letters.toUpperCase();
  if (!currencies().has(currency)) return undefined;
  const digits = digitsOf(currency);
  if (fraction.length > digits) return undefined;
  const minor = Number(`${whole}${fraction.padEnd(digits, "0")}`);
  return Number.isSafeInteger(minor) ? { currency, minor } : undefined;
}

/** "123.45 EUR" */
export function amountText({ currency, minor }: Amount): string {
  const digits = digitsOf(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  return `${minor < 0 ? "-" : ""}${whole}${digits === 0 ? "" : `.${text.slice(-digits)}`} ${currency}`;
}

/** "123.45 EUR + 10 JPY"; empty where there is none. */
export function moneyText(money: Money): string {
  return Object.entries(money)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, minor]) => amountText({ currency, minor }))
    .join(" + ");
}

/** What so much time costs at an hourly rate: half up, once. */
export function costOf(ms: number, minorPerHour: number): number {
  return Number((BigInt(ms) * BigInt(minorPerHour) * 2n + 3_600_000n) / 7_200_000n);
}

let known: ReadonlySet<string> | undefined;
function currencies(): ReadonlySet<string> {
  known ??= new Set(Intl.supportedValuesOf("currency"));
  return known;
}

function digitsOf(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}
