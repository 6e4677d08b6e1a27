/** What a month costs by the operator's prices. Pure. */
import type { PriceName, Prices } from "../../../config/prices.ts";
import type { Costs, Needs } from "../capacity.contract.ts";

const GB = 1e9;
export const MONTH_HOURS = 730;

/** @param storedBytes what the store holds now; null: it was not counted yet. Of a month's growth all is paid for. */
export function costsOf(needs: Omit<Needs, "costs">, storedBytes: number | null, { of }: Prices): Costs | null {
  if (Object.keys(of).length === 0) return null;
  const cost = (name: PriceName, amount: number | null): number | null => {
    const price = of[name];
    return price === undefined || amount === null ? null : Math.round(price * amount * 100) / 100;
  };
  const gb = (bytes: number | null): number | null => (bytes === null ? null : bytes / GB);
  const parts = {
    transcoders: cost("transcoder-hour", needs.transcoderHours),
    gateways: cost("gateway-hour", needs.gateways === null ? null : needs.gateways * MONTH_HOURS),
    egress: cost("egress-gb", gb(needs.egressBytes)),
    stored: cost("stored-gb-month", gb(storedBytes === null ? null : storedBytes + (needs.storedGrowthBytes ?? 0))),
    fetched: cost("fetched-gb", gb(needs.fetchedBytes)),
  };
  return { ...parts, total: Math.round(Object.values(parts).reduce<number>((sum, part) => sum + (part ?? 0), 0) * 100) / 100 };
}
