/** Pure: which region is the best for who asks. */
import { nearestFirst, type Place } from "../../../config/regions.ts";
import type { RegionView } from "../../storage/storage.contract.ts";

/** What is known of who asks; nothing of it when all is absent. */
export interface Asker { choice?: string; country?: string; place?: Place }

/** Whether a viewer may be sent there: its store answers, it has nodes, and it is not given up. */
export function isHealthy({ own, dark, storeReachable, nodes }: RegionView): boolean {
  return own || (!dark && storeReachable && nodes > 0);
}

/**
 * A choice is followed while it is healthy; then the region that the asker's country belongs to; then the nearest to their
 * place; else the one they came to, which some DNS or some CDN found nearest.
 * @returns undefined where there are no regions
 */
export function chooseRegion(regions: readonly RegionView[], { choice, country, place }: Asker): RegionView | undefined {
  const healthy = regions.filter(isHealthy);
  const chosen = healthy.find(({ name }) => name === choice);
  const ofCountry = country === undefined ? undefined : healthy.find(({ countries }) => countries.includes(country));
  const [nearest] = place === undefined ? [] : nearestFirst(healthy, place);
  return chosen ?? ofCountry ?? nearest ?? regions.find(({ own }) => own);
}

/** Healthy ones first, then by how long an answer takes from here: where a client goes on when its own region is gone. */
export function inOrderOfUse(regions: readonly RegionView[]): RegionView[] {
  return regions.toSorted((a, b) => Number(isHealthy(b)) - Number(isHealthy(a)) || (a.latencyMs ?? Infinity) - (b.latencyMs ?? Infinity));
}
