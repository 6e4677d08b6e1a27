/** What an operator pays, as it is set. What is not set costs nothing that is known, and is not shown. */
export const PRICE_NAMES = ["transcoder-hour", "gateway-hour", "egress-gb", "stored-gb-month", "fetched-gb"] as const;
export type PriceName = (typeof PRICE_NAMES)[number];
export interface Prices {
  /** As in EUR; absent: not said. */
  currency?: string;
  /** A GB has 1,000,000,000 bytes. */
  of: Partial<Record<PriceName, number>>;
}

const PRICE = /^([a-z-]+)=(\d{1,9}(?:\.\d{1,6})?)$/;
const CURRENCY = /^currency=([A-Z]{3})$/;

/** @param pairs `name=price`, `currency=EUR` @returns undefined where one is wrong, or there twice */
export function parsePrices(pairs: readonly string[]): Prices | undefined {
  const prices: Prices = { of: {} };
  for (const pair of pairs) {
    const currency = CURRENCY.exec(pair)?.[1];
    const [, text, price] = PRICE.exec(pair) ?? [];
    const name = PRICE_NAMES.find((known) => known === text);
    if (currency !== undefined && prices.currency === undefined) prices.currency = currency;
    else if (name !== undefined && prices.of[name] === undefined) prices.of[name] = Number(price);
    else return undefined;
  }
  return prices;
}
